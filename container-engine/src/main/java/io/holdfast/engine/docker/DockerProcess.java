package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.InspectExecResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.ExecOutput;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.io.BytePipe;
import io.holdfast.sdk.spi.io.ReadOnce;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/*
 * When has it ended? Its output ends when the last process that holds it has closed it, which may be a child that lives on;
 * and when nobody reads the output, its end is not seen. So the end of the output is the quick sign, and Docker is asked from
 * time to time by those who wait.
 */
/// A command that runs in a container on Docker. One virtual thread reads its connection.
final class DockerProcess implements ContainerProcess, Closeable {
  private static final int STDERR = 2;
  private static final int CHUNK_BYTES = 16 * 1024;
  private static final int KILLED = 137;
  private static final int FIRST_WORDS_BYTES_MAX = 4 * 1024;
  private static final long ASK_SOON_MILLIS = 5;
  private static final long ASK_FIRST_MILLIS = 50;
  private static final long ASK_MAX_MILLIS = 1_000;

  private final DockerConnection docker;
  private final String exec;
  private final HijackedLine line;
  private final ExecOptions options;
  private final LongSupplier containerPid;
  private final BytePipe stdout = new BytePipe();
  private final BytePipe stderr = new BytePipe();
  private final CountDownLatch outputEnded = new CountDownLatch(1);
  private final ReadOnce output = new ReadOnce();
  private volatile long hostPid;

  DockerProcess(
      DockerConnection docker,
      String exec,
      HijackedLine line,
      ExecOptions options,
      LongSupplier containerPid) {
    this.docker = docker;
    this.exec = exec;
    this.line = line;
    this.options = options;
    this.containerPid = containerPid;
    Thread.ofVirtual().name("holdfast-exec").start(this::read);
  }

  // ---- streams
  // ------------------------------------------------------------------------------------------------

  private void read() {
    try (OutputStream out = stdout.writer();
        OutputStream err = stderr.writer()) {
      if (isPty()) {
        line.input().transferTo(out);
      } else {
        readFrames(out, options.stderr() == ExecOptions.ErrorOutput.COMBINED ? out : err);
      }
    } catch (IOException _) {
      // As the end: how the command ended is told by its exit code.
    } finally {
      outputEnded.countDown();
      line.close();
    }
  }

  /** Each with a head of eight bytes: which stream, three zeros, how many bytes. */
  private void readFrames(OutputStream out, OutputStream err) throws IOException {
    DataInputStream in = new DataInputStream(line.input());
    byte[] chunk = new byte[CHUNK_BYTES];
    for (int stream = in.read(); stream >= 0; stream = in.read()) {
      in.skipNBytes(3);
      int left = in.readInt();
      while (left > 0) {
        int count = in.read(chunk, 0, Math.min(left, chunk.length));
        if (count < 0) {
          return;
        }
        (stream == STDERR ? err : out).write(chunk, 0, count);
        left -= count;
      }
    }
  }

  void runsAs(long pid) {
    hostPid = pid;
    if (options.stdout() == ExecOptions.Output.IGNORE) {
      drop(stdout);
    }
    if (options.stderr() == ExecOptions.ErrorOutput.IGNORE) {
      drop(stderr);
    }
  }

  private static void drop(BytePipe pipe) {
    try {
      pipe.reader().close();
    } catch (IOException e) {
      throw new IllegalStateException("a pipe closes without fail", e);
    }
  }

  /// What Docker said instead of starting it.
  String firstWords() {
    try (InputStream in = stdout.reader()) {
      return new String(in.readNBytes(FIRST_WORDS_BYTES_MAX), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } finally {
      close();
    }
  }

  @Override
  public OutputStream stdin() {
    if (options.stdin() != ExecOptions.Input.PIPE) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "stdin() needs a command that was started with stdin PIPE");
    }
    return line.output();
  }

  @Override
  public InputStream stdout() {
    return options.stdout() == ExecOptions.Output.PIPE
        ? stdout.reader()
        : InputStream.nullInputStream();
  }

  @Override
  public InputStream stderr() {
    return options.stderr() == ExecOptions.ErrorOutput.PIPE
        ? stderr.reader()
        : InputStream.nullInputStream();
  }

  @Override
  public boolean isPty() {
    return options.pty().isPresent();
  }

  @Override
  public ExecOutput output() {
    return output.of(this);
  }

  // ---- end
  // ----------------------------------------------------------------------------------------------------

  @Override
  public int exitCode() {
    awaitOutputEnd();
    for (long pause = ASK_SOON_MILLIS; ; pause = Math.min(pause * 2, ASK_MAX_MILLIS)) {
      Optional<Integer> code = askExitCode();
      if (code.isPresent()) {
        return code.get();
      }
      pause(pause);
    }
  }

  /** Returns sooner when it has ended all the same. */
  private void awaitOutputEnd() {
    long pause = ASK_FIRST_MILLIS;
    while (!outputEndsWithin(pause) && !hasEnded()) {
      pause = Math.min(pause * 2, ASK_MAX_MILLIS);
    }
  }

  private boolean outputEndsWithin(long millis) {
    try {
      return outputEnded.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    }
  }

  private static HoldfastException interrupted(InterruptedException e) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE, "interrupted while waiting for a command", e);
  }

  /** Empty while it runs, and while Docker does not answer. */
  private Optional<Integer> askExitCode() {
    try {
      InspectExecResponse state = docker.call(() -> docker.client().inspectExecCmd(exec).exec());
      Long code = state.getExitCodeLong();
      return Boolean.TRUE.equals(state.isRunning()) || code == null
          ? Optional.empty()
          : Optional.of(code.intValue());
    } catch (NotFoundException _) {
      return Optional.of(KILLED); // Its container is gone.
    } catch (DockerException | HoldfastException e) {
      if (docker.isClosed()) {
        throw docker.unavailable(e);
      }
      return Optional.empty();
    }
  }

  private boolean hasEnded() {
    return askExitCode().isPresent();
  }

  // ---- orders
  // -------------------------------------------------------------------------------------------------

  @Override
  public long pid() {
    return HostSignals.pidInside(hostPid, containerPid.getAsLong());
  }

  @Override
  public void kill(int signal) {
    if (signal < 1 || signal > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    if (hasEnded()) {
      return;
    }
    HostSignals.send(hostPid, containerPid.getAsLong(), signal)
        .ifPresent(why -> {
          throw new HoldfastException(
              ErrorCode.WRONG_STATE,
              "expected a node that may signal processes on the engine's host (as root, in the same"
                  + " namespace of processes), found: "
                  + why);
        });
  }

  @Override
  public void resize(int cols, int rows) {
    if (!isPty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "resize() needs a command that was started with a terminal");
    }
    ExecOptions.Pty size = new ExecOptions.Pty(cols, rows);
    try {
      docker.run(
          () -> docker.client().resizeExecCmd(exec).withSize(size.rows(), size.cols()).exec());
    } catch (DockerException e) {
      if (!hasEnded()) {
        throw docker.unavailable(e);
      }
    }
  }

  @Override
  public void close() {
    line.close();
  }
}
