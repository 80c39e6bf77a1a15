package io.holdfast.engine;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
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
/// Attempts are 1 ms apart at first, and 1 % of the time that has passed later, up to 20 ms: so
/// waiting makes a start at most a hundredth longer, and no less than needed is asked. One attempt
/// takes at most 50 ms to connect, more when that was not enough, and 5 s to answer. All ends at
/// once when the container exits.
public final class ReadinessProbe {
  private static final long PAUSE_MIN_MICROS = 1_000;
  private static final long PAUSE_MAX_MICROS = 20_000;
  private static final int PAUSE_SHARE = 100;

  /// Over a bridge of this host a connection takes well under 1 ms. A packet that got lost while
  /// the network came up is sent again by the kernel after 1 s only: asking anew is quicker.
  private static final int CONNECT_MILLIS_FIRST = 50;

  private static final int CONNECT_MILLIS_MAX = 1_600;
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
    int connectMillis = CONNECT_MILLIS_FIRST;
    while (true) {
      Attempt attempt = new Attempt(address, connectMillis, exited);
      String unready = attempt.run(readiness);
      if (unready == null) {
        return Duration.ofNanos(System.nanoTime() - start);
      }
      if (attempt.lost) {
        connectMillis = Math.min(CONNECT_MILLIS_MAX, connectMillis * 2);
      }
      ExitReason reason = exitWithin(exited, pauseMicros(System.nanoTime() - start));
      if (reason != null) {
        throw endedFirst(id, readiness, reason);
      }
      if (System.nanoTime() >= deadline) {
        throw new HoldfastException(
            ErrorCode.CONTAINER_NOT_LISTENING,
            "Container is not listening: %s after %d ms (expected %s)"
                .formatted(unready, timeout.toMillis(), readiness));
      }
    }
  }

  /// How long to wait before the next attempt, that long after the first one.
  static long pauseMicros(long elapsedNanos) {
    return Math.clamp(elapsedNanos / 1_000 / PAUSE_SHARE, PAUSE_MIN_MICROS, PAUSE_MAX_MICROS);
  }

  /// What is asked over a connection; null when the answer means ready.
  @FunctionalInterface
  private interface Question {
    @Nullable String ask(Socket socket) throws IOException;
  }

  /// One look.
  private static final class Attempt {
    private final InetAddress address;
    private final int connectMillis;
    private final CompletableFuture<ExitReason> exited;

    /// Whether nothing came back when connecting.
    private boolean lost;

    Attempt(InetAddress address, int connectMillis, CompletableFuture<ExitReason> exited) {
      this.address = address;
      this.connectMillis = connectMillis;
      this.exited = exited;
    }

    /// Null when ready, else why not.
    @Nullable String run(Readiness readiness) {
      return switch (readiness) {
        case Readiness.Running _ -> null;
        case Readiness.Tcp(int port) -> connected(port, _ -> null);
        case Readiness.Http(int port, String path) ->
            connected(port, socket -> ask(socket, path, HEALTHY));
        case Readiness.AnyHttp(int port) -> connected(port, socket -> ask(socket, "/", ANY_STATUS));
      };
    }

    private @Nullable String connected(int port, Question question) {
      try (Socket socket = new Socket()) {
        CompletableFuture<?> closeOnExit = exited.whenComplete((_, _) -> close(socket));
        try {
          connect(socket, port);
          return question.ask(socket);
        } finally {
          closeOnExit.cancel(false);
        }
      } catch (IOException e) {
        return "port %d: %s"
            .formatted(
                port, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
      }
    }

    private void connect(Socket socket, int port) throws IOException {
      try {
        socket.connect(new InetSocketAddress(address, port), connectMillis);
      } catch (SocketTimeoutException e) {
        lost = true;
        throw e;
      }
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
