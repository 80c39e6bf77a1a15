package io.holdfast.engine.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Frame;
import io.holdfast.engine.ContainerId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Reads what containers wrote.
final class DockerLogs {
  private static final int BYTES_MAX = 1024 * 1024;
  private static final int LINES_MAX = 10_000;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final DockerConnection docker;

  DockerLogs(DockerConnection docker) {
    this.docker = docker;
  }

  String tail(ContainerId id, int lines) {
    try (Lines collected = new Lines()) {
      docker.run(() ->
          docker
              .client()
              .logContainerCmd(id.value())
              .withStdOut(true)
              .withStdErr(true)
              .withTail(Math.clamp(lines, 1, LINES_MAX))
              .exec(collected));
      boolean _ = collected.awaitCompletion(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return collected.text();
    } catch (NotFoundException _) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw docker.unavailable(e);
    } catch (IOException e) {
      throw docker.unavailable(e);
    }
  }

  /// @param exit waits for the end of a container
  InputStream follow(ContainerId id, int lines, Consumer<ContainerId> exit) {
    FollowedLog log = new FollowedLog();
    docker.run(() ->
        docker
            .client()
            .logContainerCmd(id.value())
            .withStdOut(true)
            .withStdErr(true)
            .withTail(Math.clamp(lines, 0, LINES_MAX))
            .withFollowStream(true)
            .exec(log));
    log.endsAfter(() -> exit.accept(id));
    return log.stream();
  }

  /// Keeps the end.
  private static final class Lines extends ResultCallback.Adapter<Frame> {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public synchronized void onNext(Frame frame) {
      if (bytes.size() > 2 * BYTES_MAX) {
        byte[] end = end();
        bytes.reset();
        bytes.write(end, 0, end.length);
      }
      bytes.writeBytes(frame.getPayload());
    }

    private byte[] end() {
      byte[] all = bytes.toByteArray();
      int start = Math.max(0, all.length - BYTES_MAX);
      return java.util.Arrays.copyOfRange(all, start, all.length);
    }

    synchronized String text() {
      return new String(end(), StandardCharsets.UTF_8);
    }
  }
}
