package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Wakes the objects whose alarm is due, in memory or not. The index of durable alarms says which; an alarm stays in it until
 * its handler has succeeded and that is durable, so a crash at any point runs it again. Here is kept only what a crash may
 * forget: which runs are under way, and when a failed one is to be tried again.
 *
 * One virtual thread decides; what others tell it (an alarm was set, a run ended) it learns under the lock.
 */
public final class AlarmScheduler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AlarmScheduler.class);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);
  private static final int UNCOUNTED_BACKOFF_MAX = 9;

  /** An alarm that was handed to its object and is not settled. */
  private static final class Run {
    private int retryCount;
    private int uncounted;
    private boolean underWay;
    private long againAtMillis;

    boolean mayBegin(long now) {
      return !underWay && againAtMillis <= now;
    }
  }

  private final AlarmIndex index;
  private final Runner runner;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final long retryFirstMillis;
  private final int runsMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Run> runs = new HashMap<>();
  private int underWay;
  private long wakeAtMillis = Long.MAX_VALUE;
  private boolean lookNow;
  private boolean closed;
  private AlarmIndex.@Nullable Subscription subscription;
  private final Thread thread;

  /// How an alarm is run: completes with true when there is nothing more to do for it, with false
  /// when it failed.
  @FunctionalInterface
  interface Runner {
    CompletableFuture<Boolean> run(ObjectAddress target, int retryCount);
  }

  public AlarmScheduler(
      AlarmIndex index,
      ShardedGateway gateway,
      InstantSource clock,
      RandomGenerator random,
      AlarmSettings settings) {
    this(index, gateway::alarm, clock, random, settings);
  }

  AlarmScheduler(
      AlarmIndex index,
      Runner runner,
      InstantSource clock,
      RandomGenerator random,
      AlarmSettings settings) {
    this.index = index;
    this.runner = runner;
    this.clock = clock;
    this.random = random;
    this.retryFirstMillis = settings.retryFirst().toMillis();
    this.runsMax = settings.runsMax();
    this.thread = Thread.ofVirtual().name("alarms").unstarted(this::run);
  }

  public void start() {
    subscription = index.onSet(this::alarmSet);
    thread.start();
  }

  /** Set anew, it is another alarm: what failed before does not count. */
  private void alarmSet(String key, long atMillis) {
    lock.lock();
    try {
      Run run = runs.get(key);
      if (run != null && !run.underWay) {
        runs.remove(key);
      }
      if (atMillis < wakeAtMillis) {
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lookNow = true;
    changed.signal();
  }

  private void run() {
    boolean open = true;
    while (open) {
      try {
        fireDue();
        open = await();
      } catch (RuntimeException e) {
        open = pause();
        if (open) {
          log.warn("looking for due alarms failed, will look again", e);
        }
      }
    }
  }

  private void fireDue() {
    long now = clock.millis();
    int max = roomToLook();
    if (max == 0) {
      return;
    }
    List<DueAlarm> due = index.dueBy(now, max);
    if (due.size() < max) {
      forgetAllBut(due, now);
    }
    for (DueAlarm alarm : due) {
      Run run = claim(alarm.objectKey(), now);
      if (run != null) {
        fire(alarm.objectKey(), run);
      }
    }
  }

  /**
   * How many due alarms to look at: those in hand come first. None while no further one may run.
   */
  private int roomToLook() {
    lock.lock();
    try {
      lookNow = false;
      return underWay >= runsMax ? 0 : runs.size() + runsMax - underWay;
    } finally {
      lock.unlock();
    }
  }

  /** Failed runs whose time has come again, of alarms that were deleted meanwhile. */
  private void forgetAllBut(List<DueAlarm> due, long now) {
    Set<String> keys = due.stream().map(DueAlarm::objectKey).collect(Collectors.toSet());
    lock.lock();
    try {
      runs.entrySet()
          .removeIf(entry -> entry.getValue().mayBegin(now) && !keys.contains(entry.getKey()));
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Run claim(String key, long now) {
    lock.lock();
    try {
      if (underWay >= runsMax) {
        return null;
      }
      Run run = runs.computeIfAbsent(key, _ -> new Run());
      if (!run.mayBegin(now)) {
        return null;
      }
      run.underWay = true;
      underWay++;
      return run;
    } finally {
      lock.unlock();
    }
  }

  private void fire(String key, Run run) {
    ObjectAddress address = ObjectAddress.parse(key);
    runner.run(address, run.retryCount).whenComplete((done, error) -> ended(key, run, done, error));
  }

  private void ended(String key, Run run, @Nullable Boolean done, @Nullable Throwable error) {
    if (error != null && !(error instanceof HoldfastException)) {
      log.warn("the alarm of {} could not be run", key, error);
    }
    lock.lock();
    try {
      run.underWay = false;
      underWay--;
      if (error != null) {
        run.uncounted = Math.min(run.uncounted + 1, UNCOUNTED_BACKOFF_MAX);
        run.againAtMillis = clock.millis() + jittered(retryFirstMillis << (run.uncounted - 1));
      } else if (Boolean.TRUE.equals(done)) {
        runs.remove(key);
      } else {
        run.againAtMillis = clock.millis() + jittered(retryFirstMillis << run.retryCount);
        run.retryCount++;
      }
      wake();
    } finally {
      lock.unlock();
    }
  }

  /** Up to a quarter longer. */
  private long jittered(long millis) {
    return millis + random.nextLong(millis / 4 + 1);
  }

  private boolean await() {
    OptionalLong next = nextOfIndex();
    lock.lock();
    try {
      wakeAtMillis = Math.min(clock.millis() + LOOK_AGAIN.toMillis(), next.orElse(Long.MAX_VALUE));
      if (underWay < runsMax) {
        for (Run run : runs.values()) {
          wakeAtMillis = run.underWay ? wakeAtMillis : Math.min(wakeAtMillis, run.againAtMillis);
        }
      }
      while (!lookNow && !closed && clock.millis() < wakeAtMillis) {
        changed.await(Math.max(1, wakeAtMillis - clock.millis()), TimeUnit.MILLISECONDS);
      }
      wakeAtMillis = Long.MAX_VALUE;
      return !closed;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** The first alarm that is not in hand; none while no further one may run. */
  private OptionalLong nextOfIndex() {
    long now = clock.millis();
    OptionalLong earliest = index.earliest();
    if (earliest.isEmpty() || earliest.getAsLong() > now) {
      return earliest;
    }
    int inHand;
    lock.lock();
    try {
      if (underWay >= runsMax) {
        return OptionalLong.empty();
      }
      inHand = runs.size();
    } finally {
      lock.unlock();
    }
    return index.dueBy(now + LOOK_AGAIN.toMillis(), inHand + 1).stream()
        .filter(due -> due.atMillis() > now || !inHand(due.objectKey()))
        .mapToLong(DueAlarm::atMillis)
        .findFirst();
  }

  private boolean inHand(String key) {
    lock.lock();
    try {
      return runs.containsKey(key);
    } finally {
      lock.unlock();
    }
  }

  /** False when it was closed. */
  private boolean pause() {
    lock.lock();
    try {
      long nanos = Duration.ofSeconds(1).toNanos();
      while (!closed && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      return !closed;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    if (subscription != null) {
      subscription.close();
    }
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
