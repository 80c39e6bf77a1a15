package io.holdfast.node.dispatch;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The JDK has as many carriers as processors, and takes none away from a virtual thread that computes. An endless loop
 * in user code on each of them would stop all other user code, and with actors on virtual threads the node. So:
 *
 *   at each look a ping is queued unless one is waiting; it must begin, or any other task, before the look after next
 *   nothing began        -> every carrier is kept busy by code that does not wait: one more carrier
 *   some time of calm    -> one carrier less; was that too few, the next calm must last twice as long
 *
 * A long queue alone never adds a carrier, because something of it begins all the time.
 */
/// Adds carriers for virtual threads while all of them are kept busy by code that never waits, and
/// takes them back afterwards.
///
/// Not thread-safe: [#look()] is called by one thread, every 50 ms or so.
public final class CarrierWatch {
  private static final Logger log = LoggerFactory.getLogger(CarrierWatch.class);
  static final int ADDED_MAX = 64;
  private static final int STUCK_LOOKS = 2;
  private static final int CALM_LOOKS = 200;
  private static final int CALM_LOOKS_MAX = 20_000;
  private static final long EVERY_MILLIS = 50;
  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private final LongSupplier begun;
  private final Runnable ping;
  private final IntConsumer setParallelism;
  private final int carriers;
  private int added;
  private long lastBegun;
  private boolean pinged;
  private int stuckLooks;
  private int calmLooks;
  private int calmLooksWanted = CALM_LOOKS;

  /// @param begun how many tasks have begun so far
  /// @param ping queues a task that does nothing but begin
  /// @param carriers how many there are now
  /// @param setParallelism sets how many there are
  CarrierWatch(LongSupplier begun, Runnable ping, int carriers, IntConsumer setParallelism) {
    this.begun = begun;
    this.ping = ping;
    this.carriers = carriers;
    this.setParallelism = setParallelism;
  }

  /// Watches the carriers of this process from now on, on a daemon thread. Does nothing the second
  /// time.
  public static void ensureStarted() {
    if (STARTED.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("holdfast-carrier-watch").start(CarrierWatch::keepLooking);
    }
  }

  private static void keepLooking() {
    VirtualThreadSchedulerMXBean scheduler =
        ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    Runnable ping = () -> VirtualDispatch.run(() -> {});
    CarrierWatch watch =
        new CarrierWatch(
            VirtualDispatch::begun,
            ping,
            scheduler.getParallelism(),
            count -> {
              scheduler.setParallelism(count);
              // The JDK makes the new carrier when something is queued where nothing is: by a new
              // thread.
              Thread.ofPlatform().daemon().name("holdfast-carrier-ping").start(ping);
            });
    while (true) {
      try {
        Thread.sleep(EVERY_MILLIS);
        watch.look();
      } catch (InterruptedException e) {
        log.debug("nobody may end this thread but the process", e);
      }
    }
  }

  /// Looks once.
  void look() {
    long now = begun.getAsLong();
    if (pinged && now == lastBegun) {
      calmLooks = 0;
      stuckLooks++;
      if (stuckLooks >= STUCK_LOOKS) {
        stuckLooks = 0;
        add();
      }
      return;
    }
    lastBegun = now;
    stuckLooks = 0;
    pinged = true;
    ping.run();
    calmLooks++;
    if (calmLooks >= calmLooksWanted) {
      calmLooks = 0;
      endCalm();
    }
  }

  private void endCalm() {
    if (added == 0) {
      calmLooksWanted = CALM_LOOKS;
    } else {
      calmLooksWanted = Math.min(2 * calmLooksWanted, CALM_LOOKS_MAX);
      set(added - 1);
    }
  }

  private void add() {
    if (added == ADDED_MAX) {
      return;
    }
    set(added + 1);
    if (added == 1) {
      log.warn(
          "user code that never waits keeps all {} carriers of virtual threads busy: adding more",
          carriers);
    }
  }

  private void set(int newAdded) {
    added = newAdded;
    setParallelism.accept(carriers + added);
  }
}
