package io.holdfast.sdk.spi.io;

import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOutput;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/// Reads all that a command writes, once: [ContainerProcess#output()] for those who implement it.
public final class ReadOnce {
  private static final int BYTES_MAX = 32 * 1024 * 1024;

  private final AtomicBoolean read = new AtomicBoolean();

  /// Waits until the command has ended.
  public ExecOutput of(ContainerProcess process) {
    if (!read.compareAndSet(false, true)) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "output() can be called once for each command");
    }
    CompletableFuture<byte[]> stderr = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("container-stderr")
        .start(() -> {
          try {
            stderr.complete(all(process.stderr(), "stderr"));
          } catch (RuntimeException e) {
            stderr.completeExceptionally(e);
          }
        });
    byte[] stdout = all(process.stdout(), "stdout");
    try {
      return new ExecOutput(stdout, stderr.join(), process.exitCode());
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : e;
    }
  }

  /** Closes what is too long, so that its writer does not wait for ever. */
  private static byte[] all(InputStream from, String name) {
    try (InputStream in = from) {
      byte[] bytes = in.readNBytes(BYTES_MAX);
      if (bytes.length == BYTES_MAX && in.read() >= 0) {
        throw new HoldfastException(
            ErrorCode.BODY_TOO_LARGE,
            "expected at most %d bytes of %s, found more: read the stream"
                .formatted(BYTES_MAX, name));
      }
      return bytes;
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_DISCONNECTED, name + " of a command broke off: " + e.getMessage(), e);
    }
  }
}
