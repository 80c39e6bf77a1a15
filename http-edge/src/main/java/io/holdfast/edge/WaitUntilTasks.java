package io.holdfast.edge;

import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The tasks that Workers gave to `waitUntil`: each on a virtual thread of its own, interrupted
/// when it goes on for too long after its request was over.
final class WaitUntilTasks {
  private final Set<Task> running = ConcurrentHashMap.newKeySet();
  private final long timeoutNanos;
  private final Runnable onInterrupt;

  /// @param onInterrupt called for each task that was interrupted
  WaitUntilTasks(long timeoutNanos, Runnable onInterrupt) {
    this.timeoutNanos = timeoutNanos;
    this.onInterrupt = onInterrupt;
  }

  void start(Exchange exchange, Callable<?> work, Consumer<Thread> prepare) {
    Task task = new Task(exchange, work);
    prepare.accept(task.thread);
    running.add(task);
    task.thread.start();
  }

  int count() {
    return running.size();
  }

  /// Interrupts tasks whose time is up.
  void checkDeadlines(long nowNanos) {
    for (Task task : running) {
      long over = task.exchange.overNanos();
      if (over != 0 && nowNanos - over > timeoutNanos) {
        task.interrupt();
      }
    }
  }

  void interruptAll() {
    running.forEach(Task::interrupt);
  }

  private final class Task implements Runnable {
    private final Exchange exchange;
    private final Callable<?> work;
    private final Thread thread = Thread.ofVirtual().name("edge-wait-until").unstarted(this);
    private final AtomicBoolean interrupted = new AtomicBoolean();

    Task(Exchange exchange, Callable<?> work) {
      this.exchange = exchange;
      this.work = work;
    }

    @Override
    public void run() {
      try {
        work.call();
      } catch (Throwable e) {
        String how = interrupted.get() ? "was interrupted, its time was up" : "failed";
        EdgeLog.WORKER.warn("request {}: a waitUntil task {}", exchange.requestId(), how, e);
      } finally {
        running.remove(this);
      }
    }

    void interrupt() {
      if (interrupted.compareAndSet(false, true)) {
        onInterrupt.run();
        thread.interrupt();
      }
    }
  }
}
