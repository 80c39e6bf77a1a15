package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
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
  private static final int RUNS_MAX = 1_000;
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);
  private static final Duration RETRY_FIRST = Duration.ofSeconds(2);
  private static final int UNCOUNTED_BACKOFF_MAX = 9;

  /** An alarm that was handed to its object and is not settled. */
  private static final class Run {
    private int retryCount;
    private int uncounted;
    private boolean underWay = true;
    private long againAtMillis;
  }

  private final AlarmIndex index;
  private final ShardedGateway gateway;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Run> runs = new HashMap<>();
  private long wakeAtMillis = Long.MAX_VALUE;
  private boolean lookNow;
  private boolean closed;
  private AlarmIndex.@Nullable Subscription subscription;
  private final Thread thread;

  public AlarmScheduler(
      AlarmIndex index, ShardedGateway gateway, InstantSource clock, RandomGenerator random) {
    this.index = index;
    this.gateway = gateway;
    this.clock = clock;
    this.random = random;
    this.thread = Thread.ofVirtual().name("alarms").unstarted(this::run);
  }

  public void start() {
    subscription = index.onSet((key, at) -> alarmSet(at));
    thread.start();
  }

  private void alarmSet(long atMillis) {
    lock.lock();
    try {
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
    while (true) {
      try {
        fireDue();
        if (!await()) {
          return;
        }
      } catch (RuntimeException e) {
        log.warn("looking for due alarms failed, will look again", e);
        pause();
      }
    }
  }

  private void fireDue() {
    long now = clock.millis();
    int inHand;
    lock.lock();
    try {
      lookNow = false;
      inHand = runs.size();
    } finally {
      lock.unlock();
    }
    for (DueAlarm due : index.dueBy(now, RUNS_MAX + inHand)) {
      Run run = claim(due.objectKey(), now);
      if (run != null) {
        fire(due.objectKey(), run);
      }
    }
  }

  private @Nullable Run claim(String key, long now) {
    lock.lock();
    try {
      Run run = runs.get(key);
      if (run == null) {
        run = new Run();
        runs.put(key, run);
        return run;
      }
      if (run.underWay || run.againAtMillis > now) {
        return null;
      }
      run.underWay = true;
      return run;
    } finally {
      lock.unlock();
    }
  }

  private void fire(String key, Run run) {
    ObjectAddress address = ObjectAddress.parse(key);
    gateway
        .alarm(address, run.retryCount)
        .whenComplete((done, error) -> ended(key, run, done, error));
  }

  private void ended(String key, Run run, @Nullable Boolean done, @Nullable Throwable error) {
    if (error != null && !(error instanceof HoldfastException)) {
      log.warn("the alarm of {} could not be run", key, error);
    }
    lock.lock();
    try {
      run.underWay = false;
      if (error != null) {
        run.uncounted = Math.min(run.uncounted + 1, UNCOUNTED_BACKOFF_MAX);
        run.againAtMillis =
            clock.millis() + jittered(RETRY_FIRST.toMillis() << (run.uncounted - 1));
      } else if (Boolean.TRUE.equals(done)) {
        runs.remove(key);
      } else {
        run.againAtMillis = clock.millis() + jittered(RETRY_FIRST.toMillis() << run.retryCount);
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
      wakeAtMillis = clock.millis() + LOOK_AGAIN.toMillis();
      next.ifPresent(at -> wakeAtMillis = Math.min(wakeAtMillis, at));
      for (Run run : runs.values()) {
        if (!run.underWay) {
          wakeAtMillis = Math.min(wakeAtMillis, run.againAtMillis);
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

  /** The first alarm that is not in hand. */
  private OptionalLong nextOfIndex() {
    long now = clock.millis();
    OptionalLong earliest = index.earliest();
    if (earliest.isEmpty() || earliest.getAsLong() > now) {
      return earliest;
    }
    int inHand;
    lock.lock();
    try {
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

  private void pause() {
    try {
      Thread.sleep(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
