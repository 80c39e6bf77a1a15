package io.holdfast.examples.sandbox;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A shell for a stranger: its container has no network, its memory is the object's.
///
/// A container forgets its files when it sleeps. So the working folder is fetched from it before it
/// is stopped and stored with `UPDATE state SET value = ?`, and pushed back when it starts again.
public final class Sandbox extends Container implements SandboxApi {
  private static final int PORT = 8080;
  private static final String HEALTH_PATH = "/";

  /// A saved state is one SQL value, which may have 2 MiB.
  private static final int STATE_BYTES_MAX = 1 << 20;

  private final SandboxStore store;

  public Sandbox(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = PORT;
    healthPath = HEALTH_PATH;
    enableInternet = false;
    stopGrace = Duration.ofSeconds(2);
    sleepAfter = seconds(env, "SLEEP_AFTER_SECONDS");
    store = new SandboxStore(ctx.storage());
  }

  @Override
  public RunResult run(String script) {
    long number = store.begin(script);
    Response response = agent(Request.post("http://container/cgi-bin/run", Body.of(script)));
    int exitCode = response.header("x-exit-code").map(Integer::parseInt).orElse(-1);
    String output = response.body().text();
    store.end(number, exitCode, output);
    return new RunResult(number, store.lives(), exitCode, output);
  }

  @Override
  public List<Run> history() {
    return store.runs();
  }

  @Override
  public StateCopy folder() {
    return fetchState()
        .map(value -> new StateCopy("container", value))
        .orElseGet(() -> new StateCopy("storage", store.saved().orElse(new byte[0])));
  }

  @Override
  public Status status() {
    return new Status(
        ctx.id().hex(),
        handle().state().status().name().toLowerCase(Locale.ROOT),
        store.lives(),
        store.runCount(),
        store.saved().map(value -> value.length).orElse(0),
        store.saveProblem());
  }

  /// Pushes the saved state into the new container before anything else reaches it.
  @Override
  public void onStart() {
    store.countLife();
    store.saved().ifPresent(this::restore);
  }

  /// Saves the state, then stops; nobody comes in between, so no run is lost.
  @Override
  public void onActivityExpired() throws Exception {
    ctx.blockConcurrencyWhile(() -> {
      saveState();
      stop();
      return true;
    });
  }

  private void saveState() {
    try {
      fetchState().ifPresent(store::save);
    } catch (HoldfastException e) {
      store.saveFailed(e.getMessage());
    }
  }

  /// @return empty when the container does not run
  private Optional<byte[]> fetchState() {
    return fetchIfRunning(Request.get("http://container/cgi-bin/state"), PORT)
        .map(Sandbox::readState);
  }

  private static byte[] readState(Response response) {
    try (InputStream in = response.body().stream()) {
      byte[] value = in.readNBytes(STATE_BYTES_MAX + 1);
      if (response.ok() && value.length <= STATE_BYTES_MAX) {
        return value;
      }
      throw new HoldfastException(
          ErrorCode.STORAGE_FULL,
          "expected a working folder of at most "
              + STATE_BYTES_MAX
              + " bytes packed, found more (status "
              + response.status()
              + "); the state saved before is kept");
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_DISCONNECTED, "the state broke off: " + e.getMessage(), e);
    }
  }

  private void restore(byte[] value) {
    handle().awaitReady(new Readiness.Http(PORT, HEALTH_PATH), readyTimeout);
    Response response =
        handle().port(PORT).fetch(Request.post("http://container/cgi-bin/state", Body.of(value)));
    response.body().bytes();
    if (!response.ok()) {
      // It must not go on with an empty folder, which would be saved over the good one.
      handle().destroy();
      throw new HoldfastException(
          ErrorCode.CONTAINER_START_FAILED,
          "the container refused its saved state: status " + response.status());
    }
  }

  private Response agent(Request request) {
    try {
      return containerFetch(request);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_DISCONNECTED, String.valueOf(e.getMessage()), e);
    }
  }

  private static Duration seconds(Env env, String name) {
    String found = env.var(name);
    if (!found.matches("[1-9][0-9]{0,6}")) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected var " + name + " as seconds from 1 to 9999999, found '" + found + "'");
    }
    return Duration.ofSeconds(Long.parseLong(found));
  }
}
