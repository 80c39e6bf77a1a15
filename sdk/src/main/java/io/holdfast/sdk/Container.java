package io.holdfast.sdk;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// A durable object that owns a container: starts it on demand, sends requests on to it, puts it to
/// sleep.
///
/// ```java
/// public final class Box extends Container {
///   public Box(ObjectContext ctx, Env env) {
///     super(ctx, env);
///     defaultPort = 8080;
///     sleepAfter = Duration.ofMinutes(2);
///   }
/// }
/// ```
///
/// Set the fields in the constructor; they are read at each use. Hooks run as events of the object:
/// one at a time, with storage. A container that sleeps loses its file system: fetch what must
/// survive in [#onActivityExpired()] and keep it in [Storage].
public class Container extends DurableObject implements ContainerControl {
  /// The header by which [#switchPort] chooses a port.
  public static final String TARGET_PORT_HEADER = "cf-container-target-port";

  /// The port that [#fetch] sends to; 0 means none.
  protected int defaultPort = 0;

  /// Ports that must answer before the container counts as ready; empty means `defaultPort`.
  protected List<Integer> requiredPorts = List.of();

  /// How long nothing must be in flight until [#onActivityExpired()] runs.
  protected Duration sleepAfter = Duration.ofMinutes(10);

  /// Environment variables of the container.
  protected Map<String, String> envVars = Map.of();

  /// The program and its arguments; `null` means the image's.
  protected @Nullable List<String> entrypoint = null;

  /// Whether the container may reach the internet.
  protected boolean enableInternet = true;

  /// Labels for metrics, see [StartOptions].
  protected Map<String, String> labels = Map.of();

  /// A path whose answer tells that the container is ready; `null`: any HTTP answer will do.
  protected @Nullable String healthPath = null;

  /// How long a start may take until the ports answer.
  protected Duration readyTimeout = Duration.ofSeconds(20);

  /// How long the process has between SIGTERM and SIGKILL.
  protected Duration stopGrace = Duration.ofSeconds(15);

  private final ContainerHandle handle;
  private final Set<Integer> readyPorts = new HashSet<>();
  private @Nullable CompletableFuture<Void> startInProgress;

  public Container(ObjectContext ctx, Env env) {
    super(ctx, env);
    this.handle =
        ctx.container()
            .orElseThrow(() ->
                new HoldfastException(
                    ErrorCode.WRONG_STATE,
                    "Containers have not been enabled for this Durable Object class: its entry in the app"
                        + " descriptor has no \"container\""));
  }

  /// The low-level container.
  protected final ContainerHandle handle() {
    return handle;
  }

  // ---- hooks, for subclasses
  // ----------------------------------------------------------------------------------

  /// Runs after a start, before the first request is sent on.
  public void onStart() throws Exception {}

  /// Runs at least once after each end of the container, whoever ended it, also when the object was
  /// out of memory.
  public void onStop(ContainerExit exit) throws Exception {}

  /// Runs when a start failed or the container broke; what it throws the caller sees. By default
  /// the error itself.
  public void onError(Exception error) throws Exception {
    throw error;
  }

  /// Runs when nothing was in flight for [#sleepAfter]; by default stops the container. If it goes
  /// on running, the clock starts anew.
  public void onActivityExpired() throws Exception {
    stop();
  }

  // ---- what the object does
  // -----------------------------------------------------------------------------------

  /// Sends the request on to the container: to the port of the header of [#switchPort], else to
  /// [#defaultPort]. Starts the container when it does not run and waits until it is ready.
  @Override
  public Response fetch(Request request) throws Exception {
    Optional<String> wanted = request.header(TARGET_PORT_HEADER);
    if (wanted.isEmpty()) {
      return containerFetch(request);
    }
    Request plain = request.withHeaders(request.headers().without(TARGET_PORT_HEADER));
    return containerFetch(plain, parsePort(wanted.get()));
  }

  /// As [#containerFetch(Request, int)], with [#defaultPort].
  public final Response containerFetch(Request request) throws Exception {
    if (defaultPort == 0) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "No port configured for this container. Set the `defaultPort` in your Container subclass, or specify a port"
              + " when calling containerFetch().");
    }
    return containerFetch(request, defaultPort);
  }

  /// Sends a request to a port of the container; starts it when it does not run and waits until
  /// that port is ready. Each request in flight, until its response is read to the end, keeps the
  /// container awake.
  public final Response containerFetch(Request request, int port) throws Exception {
    ensureStarted(List.of(port));
    handle.setInactivityTimeout(sleepAfter);
    return handle.port(port).fetch(request);
  }

  /// As [#containerFetch(Request, int)], but never starts the container.
  ///
  /// @return empty when the container is not running
  public final Optional<Response> fetchIfRunning(Request request, int port) {
    if (!handle.running()) {
      return Optional.empty();
    }
    return Optional.of(handle.port(port).fetch(request));
  }

  @Override
  public void start() {
    ensureStarted(List.of());
  }

  @Override
  public void startAndWaitForPorts() {
    ensureStarted(portsToWaitFor());
  }

  @Override
  public void stop() {
    if (handle.running()) {
      handle.stop(stopGrace);
    }
  }

  @Override
  public void destroy() {
    handle.destroy();
  }

  @Override
  public ContainerState state() {
    return handle.state();
  }

  /// How long nothing must be in flight until [#onActivityExpired()] runs.
  public final Duration sleepAfter() {
    return sleepAfter;
  }

  /// Starts the clock of [#sleepAfter] anew.
  public final void renewActivityTimeout() {
    handle.renewActivity();
  }

  /// The same request, aimed at another port of the container.
  public static Request switchPort(Request request, int port) {
    return request.withHeader(TARGET_PORT_HEADER, Integer.toString(port));
  }

  /// Starts the container with these options unless it runs, and waits until the ports answer.
  public final void startAndWaitForPorts(StartOptions options, List<Integer> ports) {
    ensureStarted(options, ports);
  }

  // ---- starting, once for all who ask
  // -------------------------------------------------------------------------

  private void ensureStarted(List<Integer> ports) {
    ensureStarted(null, ports);
  }

  private void ensureStarted(@Nullable StartOptions options, List<Integer> ports) {
    while (true) {
      CompletableFuture<Void> other = startInProgress;
      if (other != null) {
        join(other);
      } else if (handle.state().status() == ContainerState.Status.STOPPING) {
        awaitStopped();
      } else if (!handle.running()) {
        startNow(options == null ? configuredOptions() : options, ports);
        return;
      } else {
        awaitPorts(ports);
        return;
      }
    }
  }

  private void startNow(StartOptions options, List<Integer> ports) {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    startInProgress = mine;
    readyPorts.clear();
    try {
      handle.start(options);
      handle.setInactivityTimeout(sleepAfter);
      handle.awaitReady(new Readiness.Running(), readyTimeout);
      awaitPorts(ports);
      ctx.blockConcurrencyWhile(() -> {
        onStart();
        return true;
      });
      mine.complete(null);
    } catch (Exception e) {
      mine.completeExceptionally(e);
      throw reported(e);
    } finally {
      startInProgress = null;
    }
  }

  private void join(CompletableFuture<Void> start) {
    try {
      ctx.blocking(start::get);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof HoldfastException known ? known : failed(e);
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private void awaitStopped() {
    try {
      handle.monitor();
    } catch (HoldfastException e) {
      // It ended, or had ended before: which way is told by onStop.
    }
  }

  private void awaitPorts(List<Integer> ports) {
    for (int port : ports) {
      if (readyPorts.contains(port) && handle.state().status() == ContainerState.Status.HEALTHY) {
        continue;
      }
      handle.awaitReady(
          healthPath == null ? new Readiness.AnyHttp(port) : new Readiness.Http(port, healthPath),
          readyTimeout);
      readyPorts.add(port);
    }
  }

  private List<Integer> portsToWaitFor() {
    if (!requiredPorts.isEmpty()) {
      return requiredPorts;
    }
    return defaultPort == 0 ? List.of() : List.of(defaultPort);
  }

  private StartOptions configuredOptions() {
    return new StartOptions(Optional.ofNullable(entrypoint), envVars, enableInternet, labels);
  }

  private RuntimeException reported(Exception error) {
    try {
      onError(error);
    } catch (RuntimeException e) {
      return e;
    } catch (Exception e) {
      return failed(e);
    }
    return error instanceof RuntimeException e ? e : failed(error);
  }

  private static HoldfastException failed(Exception e) {
    return new HoldfastException(
        ErrorCode.CONTAINER_START_FAILED, "Failed to start container: " + e.getMessage(), e);
  }

  private static int parsePort(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a port number in header " + TARGET_PORT_HEADER + ", found '" + text + "'",
          e);
    }
  }
}
