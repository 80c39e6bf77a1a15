package io.holdfast.node.dispatch;

import com.typesafe.config.Config;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * When bytes arrive the kernel wakes the selector and lets it push aside, at once, the thread that does the work. Under
 * load that is two switches for each request. A thread of Linux's policy SCHED_BATCH does not push others aside: it
 * runs when a core is free or at the next tick, and then finds all that has come meanwhile. On an idle core nothing
 * changes. Measured on one core: 17,000 to 20,000 requests/s become 26,900 with 64 connections, 9,000 become 11,300
 * with one.
 */
/// The threads that wait for the network in `select()`: one per selector, in the background class
/// of the kernel's scheduler where there is one. The `executor` of Pekko's selector dispatcher.
public final class SelectorThreads extends ExecutorServiceConfigurator {
  private static final Logger log = LoggerFactory.getLogger(SelectorThreads.class);
  private static final int SCHED_BATCH = 3;

  /// Called by Pekko.
  public SelectorThreads(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    return () -> new OneThreadEach(threads);
  }

  /**
   * What a task queues comes after it on its own thread: a selector queues itself after each turn.
   */
  private static final class OneThreadEach extends TaskExecutor {
    private final ThreadLocal<@Nullable Queue<Runnable>> own = new ThreadLocal<>();
    private final ThreadFactory threads;

    OneThreadEach(ThreadFactory threads) {
      this.threads = threads;
    }

    @Override
    void run(Runnable task) {
      Queue<Runnable> mine = own.get();
      if (mine == null) {
        threads.newThread(() -> runAll(task)).start();
      } else {
        mine.add(task);
      }
    }

    private void runAll(Runnable first) {
      stepBehind();
      Queue<Runnable> mine = new ArrayDeque<>();
      own.set(mine);
      for (Runnable next = first; next != null; next = mine.poll()) {
        next.run();
      }
    }
  }

  /// Puts the calling thread behind those that work; does nothing where that is not possible.
  ///
  /// @return whether it could
  static boolean stepBehind() {
    Optional<MethodHandle> setScheduler =
        Linker.nativeLinker().defaultLookup().find("sched_setscheduler").map(SelectorThreads::link);
    if (setScheduler.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      // struct sched_param: a priority, which is 0 in this class. Thread 0 is the calling one.
      MemorySegment priority = arena.allocate(ValueLayout.JAVA_INT);
      return (int) setScheduler.get().invokeExact(0, SCHED_BATCH, priority) == 0;
    } catch (Throwable e) {
      log.debug("selector threads run like all others", e);
      return false;
    }
  }

  private static MethodHandle link(MemorySegment function) {
    return Linker.nativeLinker()
        .downcallHandle(
            function,
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS));
  }
}
