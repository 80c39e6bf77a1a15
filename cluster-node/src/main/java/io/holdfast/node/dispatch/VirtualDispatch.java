package io.holdfast.node.dispatch;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/*
 * A request crosses from actors to user code and back some ten times. With a pool of their own for actors each crossing
 * wakes a thread of the other pool, which costs several times what is done there. On virtual threads both share the
 * carriers, and a crossing is a push onto a queue.
 *
 * The price: virtual threads are not sliced in time. CarrierWatch pays it.
 */
/// Runs each batch of an actor's messages on a virtual thread: the `executor` of Pekko's
/// dispatchers, by class name in `reference.conf`.
public final class VirtualDispatch extends ExecutorServiceConfigurator {
  private static final ThreadFactory THREADS = Thread.ofVirtual().name("actor").factory();

  /** Over all dispatchers of this process, as they share the carriers. */
  private static final LongAdder BEGUN = new LongAdder();

  /// Called by Pekko.
  public VirtualDispatch(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
  }

  /// How many tasks have begun in this process; grows as long as there is a free carrier and
  /// anything to do.
  static long begun() {
    return BEGUN.sum();
  }

  /// Runs a task like those of actors.
  static void run(Runnable task) {
    THREADS
        .newThread(() -> {
          BEGUN.increment();
          task.run();
        })
        .start();
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    return Executor::new;
  }

  private static final class Executor extends TaskExecutor {
    @Override
    void run(Runnable task) {
      VirtualDispatch.run(task);
    }
  }
}
