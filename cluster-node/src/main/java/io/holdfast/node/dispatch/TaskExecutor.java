package io.holdfast.node.dispatch;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/// An executor as Pekko's dispatchers want one: shut down it takes no more, and what runs is not
/// waited for, as Pekko stops its actors first.
abstract class TaskExecutor extends AbstractExecutorService {
  private volatile boolean shutdown;

  /// Runs the task on another thread, or later.
  abstract void run(Runnable task);

  @Override
  public final void execute(Runnable task) {
    if (shutdown) {
      throw new RejectedExecutionException("the dispatcher was shut down");
    }
    run(task);
  }

  @Override
  public final void shutdown() {
    shutdown = true;
  }

  @Override
  public final List<Runnable> shutdownNow() {
    shutdown = true;
    return List.of();
  }

  @Override
  public final boolean isShutdown() {
    return shutdown;
  }

  @Override
  public final boolean isTerminated() {
    return shutdown;
  }

  @Override
  public final boolean awaitTermination(long timeout, TimeUnit unit) {
    return shutdown;
  }
}
