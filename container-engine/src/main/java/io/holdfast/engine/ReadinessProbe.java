package io.holdfast.engine;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Waits until a container answers, by asking every few milliseconds.
///
/// The first attempts are 2 ms apart, later ones up to 20 ms. One attempt takes at most 500 ms to
/// connect and 5 s to answer. All ends at once when the container exits.
public final class ReadinessProbe {
  private static final long PAUSE_MIN_MICROS = 2_000;
  private static final long PAUSE_MAX_MICROS = 20_000;
  private static final int CONNECT_MILLIS_MAX = 500;
  private static final int ANSWER_MILLIS_MAX = 5_000;
  private static final int LOG_LINES = 10;
  private static final Pattern HEALTHY = Pattern.compile("HTTP/1\\.[01] [23]\\d\\d");
  private static final Pattern ANY_STATUS = Pattern.compile("HTTP/1\\.[01] \\d\\d\\d");

  private final ContainerEngine engine;

  public ReadinessProbe(ContainerEngine engine) {
    this.engine = engine;
  }

  /// As the other, for a container just started.
  public Duration await(StartedContainer container, Readiness readiness, Duration timeout) {
    InetAddress address =
        container
            .address()
            .orElseThrow(
                () -> endedFirst(container.id(), readiness, engine.awaitExit(container.id())));
    return await(container.id(), address, readiness, timeout);
  }

  /// As the other, watching for the exit itself.
  public Duration await(
      ContainerId id, InetAddress address, Readiness readiness, Duration timeout) {
    CompletableFuture<ExitReason> exited = new CompletableFuture<>();
    Thread watch = Thread.ofVirtual().start(() -> watch(id, exited));
    try {
      return await(id, address, readiness, timeout, exited);
    } finally {
      watch.interrupt();
    }
  }

  private void watch(ContainerId id, CompletableFuture<ExitReason> exited) {
    try {
      exited.complete(engine.awaitExit(id));
    } catch (HoldfastException _) {
      // Given up, or the engine is away: the attempts alone decide then.
    }
  }

  /// Blocks until the container is ready; returns how long that took.
  ///
  /// @param exited completes when the container has ended, or with an exception to call the waiting
  ///   off
  /// @throws HoldfastException `container_start_failed` when it exits first, with its exit code and
  ///   last log lines; `container_not_listening` when the time is over, with what the last attempt
  ///   met; `wrong_state` when called off
  public Duration await(
      ContainerId id,
      InetAddress address,
      Readiness readiness,
      Duration timeout,
      CompletableFuture<ExitReason> exited) {
    long start = System.nanoTime();
    long deadline = start + timeout.toNanos();
    long pause = PAUSE_MIN_MICROS;
    while (true) {
      String unready = attempt(address, readiness, exited);
      if (unready == null) {
        return Duration.ofNanos(System.nanoTime() - start);
      }
      ExitReason reason = exitWithin(exited, pause);
      if (reason != null) {
        throw endedFirst(id, readiness, reason);
      }
      if (System.nanoTime() >= deadline) {
        throw new HoldfastException(
            ErrorCode.CONTAINER_NOT_LISTENING,
            "Container is not listening: %s after %d ms (expected %s)"
                .formatted(unready, timeout.toMillis(), readiness));
      }
      pause = Math.min(PAUSE_MAX_MICROS, pause * 3 / 2);
    }
  }

  /// Null when ready, else why not.
  private static @Nullable String attempt(
      InetAddress address, Readiness readiness, CompletableFuture<ExitReason> exited) {
    return switch (readiness) {
      case Readiness.Running _ -> null;
      case Readiness.Tcp(int port) -> connected(address, port, exited, _ -> null);
      case Readiness.Http(int port, String path) ->
          connected(address, port, exited, socket -> ask(socket, path, HEALTHY));
      case Readiness.AnyHttp(int port) ->
          connected(address, port, exited, socket -> ask(socket, "/", ANY_STATUS));
    };
  }

  /// What is asked over a connection; null when the answer means ready.
  @FunctionalInterface
  private interface Question {
    @Nullable String ask(Socket socket) throws IOException;
  }

  private static @Nullable String connected(
      InetAddress address, int port, CompletableFuture<ExitReason> exited, Question question) {
    try (Socket socket = new Socket()) {
      CompletableFuture<?> closeOnExit = exited.whenComplete((_, _) -> close(socket));
      try {
        socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS_MAX);
        return question.ask(socket);
      } finally {
        closeOnExit.cancel(false);
      }
    } catch (IOException e) {
      return "port %d: %s"
          .formatted(port, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
  }

  private static @Nullable String ask(Socket socket, String path, Pattern wanted)
      throws IOException {
    socket.setSoTimeout(ANSWER_MILLIS_MAX);
    String request =
        "GET %s HTTP/1.1\r\nHost: container\r\nConnection: close\r\n\r\n".formatted(path);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    // "HTTP/1.1 200": the status line up to the code.
    String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
    return wanted.matcher(answer).matches()
        ? null
        : "GET %s was answered with '%s'".formatted(path, answer);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  private static @Nullable ExitReason exitWithin(
      CompletableFuture<ExitReason> exited, long micros) {
    try {
      return exited.get(micros, TimeUnit.MICROSECONDS);
    } catch (TimeoutException _) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "waiting for the container to be ready was interrupted", e);
    } catch (ExecutionException e) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "waiting for the container to be ready was called off",
          e.getCause());
    }
  }

  /// The fault of a container that ended before it was ready, with its last log lines.
  public HoldfastException endedFirst(ContainerId id, Readiness readiness, ExitReason reason) {
    String logs = lastLines(id).strip();
    return new HoldfastException(
        ErrorCode.CONTAINER_START_FAILED,
        "container %s ended (%s) before it was ready (expected %s); its last log lines: %s"
            .formatted(id, reason.text(), readiness, logs.isEmpty() ? "none" : logs));
  }

  private String lastLines(ContainerId id) {
    try {
      return engine.logs(id, LOG_LINES);
    } catch (HoldfastException e) {
      return "(not available: " + e.getMessage() + ")";
    }
  }
}
