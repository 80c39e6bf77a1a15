package io.holdfast.node.guard;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import io.holdfast.engine.Deployment;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The node's side of its guard: starts it, and tells it again and again how long the node may have
/// containers. Thread-safe.
public final class ContainerGuard implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ContainerGuard.class);
  private static final Duration TELL_EVERY = Duration.ofMillis(100);
  private static final Duration RESTART_PAUSE = Duration.ofSeconds(1);

  /** It keeps a few connections to the engine, and waits. */
  private static final List<String> JVM_FLAGS =
      List.of("-Xmx48m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private final Deployment deployment;
  private final String engine;
  private final Supplier<Duration> left;
  private volatile boolean closed;

  private ContainerGuard(Deployment deployment, Config root, Supplier<Duration> left) {
    this.deployment = deployment;
    this.engine = root.withOnlyPath("holdfast.engine").root().render(ConfigRenderOptions.concise());
    this.left = left;
  }

  /// Starts the guard of a node; returns when its process runs.
  ///
  /// @param root the node's configuration
  /// @param left how long the node may have containers if nothing more is heard of it
  /// @throws HoldfastException `engine_unavailable` when there can be no such process
  public static ContainerGuard start(Deployment deployment, Config root, Supplier<Duration> left) {
    ContainerGuard guard = new ContainerGuard(deployment, root, left);
    Process first;
    try {
      first = spawn();
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          "the guard of the node's containers cannot be started: " + e.getMessage(),
          e);
    }
    // Not virtual: code that keeps all carriers busy must not end the containers.
    Thread.ofPlatform().daemon().name("holdfast-guard").start(() -> guard.keep(first));
    return guard;
  }

  private static Process spawn() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_FLAGS);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(GuardMain.class.getName());
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** A guard that has ended gets a successor. */
  private void keep(Process first) {
    Process guard = first;
    while (!closed) {
      try {
        tell(guard);
      } catch (IOException e) {
        log.error("the guard of the containers has ended, another one is started");
      }
      if (!closed) {
        pause(RESTART_PAUSE);
        try {
          guard = spawn();
        } catch (IOException e) {
          log.error("the guard of the containers cannot be started: {}", e.getMessage());
        }
      }
    }
  }

  /** The end of the pipe tells it to end what is left. */
  private void tell(Process guard) throws IOException {
    try (DataOutputStream out = new DataOutputStream(guard.getOutputStream())) {
      out.writeUTF(deployment.id());
      out.writeUTF(engine);
      while (!closed) {
        out.writeLong(left.get().toMillis());
        out.flush();
        pause(TELL_EVERY);
      }
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Lets the guard end what is left, and then itself.
  @Override
  public void close() {
    closed = true;
  }
}
