package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// The tasks that Workers gave to `waitUntil`: each on a virtual thread of its own, interrupted
/// when it goes on for too long after its request was over.
final class WaitUntilTasks {
  private final Set<Task> running = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final long timeoutNanos;
  private final int tasksMax;
  private final Runnable onInterrupt;

  /// @param onInterrupt called for each task that was interrupted
  WaitUntilTasks(long timeoutNanos, int tasksMax, Runnable onInterrupt) {
    this.timeoutNanos = timeoutNanos;
    this.tasksMax = tasksMax;
    this.onInterrupt = onInterrupt;
  }

  /// @throws HoldfastException `node_overloaded`
  void start(Exchange exchange, Callable<?> work, Consumer<Thread> prepare) {
    if (count.incrementAndGet() > tasksMax) {
      count.decrementAndGet();
      throw new HoldfastException(
          ErrorCode.NODE_OVERLOADED,
          "expected at most " + tasksMax + " waitUntil tasks at this node, found more");
    }
    Task task = new Task(exchange, work);
    prepare.accept(task.thread);
    running.add(task);
    task.thread.start();
  }

  int count() {
    return count.get();
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
        count.decrementAndGet();
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
