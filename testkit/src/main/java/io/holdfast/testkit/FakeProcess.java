package io.holdfast.testkit;

import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.ExecOutput;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.io.BytePipe;
import io.holdfast.sdk.spi.io.ReadOnce;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/// A command in a [FakeContainer]: a [FakeCommand] on a virtual thread. Every signal ends it.
final class FakeProcess implements ContainerProcess {
  private static final AtomicInteger PIDS = new AtomicInteger(1);
  private static final int SIGPIPE = 13;

  private final List<String> command;
  private final ExecOptions options;
  private final long pid = PIDS.incrementAndGet();
  private final BytePipe stdin = new BytePipe();
  private final BytePipe stdout = new BytePipe();
  private final BytePipe stderr = new BytePipe();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();
  private final ReadOnce output = new ReadOnce();
  private final Thread thread;
  private volatile ExecOptions.Pty size;

  private FakeProcess(List<String> command, ExecOptions options, FakeCommand program) {
    this.command = List.copyOf(command);
    this.options = options;
    this.size = options.pty().orElse(ExecOptions.Pty.DEFAULT);
    this.thread = Thread.ofVirtual().name("fake-command").unstarted(() -> run(program));
  }

  static FakeProcess start(List<String> command, ExecOptions options, FakeCommand program) {
    FakeProcess process = new FakeProcess(command, options, program);
    if (options.stdin() == ExecOptions.Input.NONE) {
      close(process.stdin.writer());
    }
    if (options.stdout() == ExecOptions.Output.IGNORE) {
      close(process.stdout.reader());
    }
    if (options.stderr() == ExecOptions.ErrorOutput.IGNORE) {
      close(process.stderr.reader());
    }
    process.thread.start();
    return process;
  }

  private void run(FakeCommand program) {
    try {
      end(program.run(new Session()));
    } catch (IOException e) {
      end(128 + SIGPIPE);
    } catch (Exception e) {
      end(1);
    }
  }

  /** The first code counts: what closing the streams does to the program is no end of its own. */
  private void end(int code) {
    ended.complete(code);
    close(stdout.writer());
    close(stderr.writer());
    close(stdin.reader());
  }

  private static void close(AutoCloseable end) {
    try {
      end.close();
    } catch (Exception e) {
      throw new IllegalStateException("a pipe closes without fail", e);
    }
  }

  private final class Session implements FakeCommand.Session {
    @Override
    public List<String> command() {
      return command;
    }

    @Override
    public ExecOptions options() {
      return options;
    }

    @Override
    public InputStream stdin() {
      return stdin.reader();
    }

    @Override
    public OutputStream stdout() {
      return stdout.writer();
    }

    @Override
    public OutputStream stderr() {
      boolean together = isPty() || options.stderr() == ExecOptions.ErrorOutput.COMBINED;
      return together ? stdout.writer() : stderr.writer();
    }

    @Override
    public ExecOptions.Pty size() {
      return size;
    }
  }

  @Override
  public OutputStream stdin() {
    if (options.stdin() != ExecOptions.Input.PIPE) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "stdin() needs a command that was started with stdin PIPE");
    }
    return stdin.writer();
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
  public long pid() {
    return pid;
  }

  @Override
  public boolean isPty() {
    return options.pty().isPresent();
  }

  @Override
  public int exitCode() {
    try {
      return ended.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "interrupted", e);
    }
  }

  @Override
  public ExecOutput output() {
    return output.of(this);
  }

  @Override
  public void kill(int signal) {
    if (signal < 1 || signal > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    end(128 + signal);
    thread.interrupt();
  }

  @Override
  public void resize(int cols, int rows) {
    if (!isPty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "resize() needs a command that was started with a terminal");
    }
    size = new ExecOptions.Pty(cols, rows);
  }
}
