package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Wakes the objects whose alarm is due, in memory or not. The index of durable alarms says which; an alarm stays in it until
 * its handler has succeeded and that is durable, so a crash at any point runs it again. What a crash may forget is in the
 * plan: which runs are under way, and when a failed one is to be tried again.
 *
 * One virtual thread reads the index and starts runs; what others tell it (an alarm was set, a run ended) goes into the plan
 * under the lock, which is never held while the index is read. The end of a run wakes the thread only when there is something
 * to do because of it: a thousand that end together cost no thousand looks.
 */
public final class AlarmScheduler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AlarmScheduler.class);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

  /** A wall clock that is set moves what is due; nobody tells. */
  private static final Duration CLOCK_SEEN_WITHIN = Duration.ofSeconds(1);

  private final AlarmIndex index;
  private final Runner runner;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AlarmPlan plan;
  private long wakeAtMillis = Long.MAX_VALUE;
  private long readAgainAtMillis = Long.MIN_VALUE;
  private boolean lookNow;
  private boolean closed;
  private AlarmIndex.@Nullable Subscription subscription;
  private final Thread thread;

  /// How an alarm is run.
  interface Runner {
    CompletableFuture<AlarmEnd> run(ObjectAddress target, int retryCount);

    /// Removes the alarm of that generation, if the object still has it.
    CompletableFuture<AlarmEnd> abandon(ObjectAddress target, long generation);
  }

  public AlarmScheduler(
      AlarmIndex index,
      ShardedGateway gateway,
      InstantSource clock,
      RandomGenerator random,
      AlarmSettings settings) {
    this(index, gateway.alarms(), clock, random, settings);
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
    this.plan = new AlarmPlan(settings, random);
    this.thread = Thread.ofVirtual().name("alarms").unstarted(this::run);
  }

  public void start() {
    subscription = index.onSet(this::alarmSet);
    thread.start();
  }

  /// Reads the index from its start: there may be alarms in it that were looked at elsewhere.
  public void lookAgain() {
    locked(() -> {
      readAgainAtMillis = Long.MIN_VALUE;
      wakeIf(true);
    });
  }

  /// An alarm was set, here or on another node.
  public void alarmSet(String key, long atMillis) {
    locked(() -> {
      plan.set(key, atMillis);
      wakeIf(atMillis < wakeAtMillis);
    });
  }

  private void wakeIf(boolean reason) {
    if (reason) {
      lookNow = true;
      changed.signal();
    }
  }

  private void run() {
    boolean open = true;
    while (open) {
      try {
        long now = clock.millis();
        look(now);
        open = await(now);
      } catch (RuntimeException e) {
        open = pause();
        if (open) {
          log.warn("looking for due alarms failed, will look again", e);
        }
      }
    }
  }

  private void look(long now) {
    for (AlarmPlan.Run run : locked(() -> waitingUntil(now))) {
      OptionalLong at = index.alarmOf(run.key());
      boolean due = at.isPresent() && at.getAsLong() <= now;
      if (locked(() -> beginOrForget(run, due))) {
        fire(run);
      }
    }
    boolean more = true;
    while (more) {
      more = readOn(now);
    }
  }

  private List<AlarmPlan.Run> waitingUntil(long now) {
    lookNow = false;
    if (isSetBack(now)) {
      plan.clockWasSetBack(now);
      readAgainAtMillis = now;
    }
    if (now >= readAgainAtMillis) {
      readAgainAtMillis = now + LOOK_AGAIN.toMillis();
      plan.readAgain();
    }
    return plan.waitingUntil(now);
  }

  /** The clock, since the time to read again was chosen. */
  private boolean isSetBack(long now) {
    return readAgainAtMillis > now + LOOK_AGAIN.toMillis();
  }

  private boolean beginOrForget(AlarmPlan.Run run, boolean due) {
    if (!due) {
      plan.forget(run);
    }
    return due && plan.begin(run);
  }

  /** True when there may be more to read. */
  private boolean readOn(long now) {
    int room = locked(plan::room);
    if (room == 0) {
      return false;
    }
    DueAlarm after = locked(() -> plan.readOn(now));
    try {
      List<DueAlarm> due = index.dueAfter(after, now, room);
      // At most one begins for each row, so there is room for all.
      due.forEach(this::meet);
      return due.size() == room;
    } finally {
      locked(plan::read);
    }
  }

  private void meet(DueAlarm alarm) {
    AlarmPlan.Run run = locked(() -> plan.met(alarm));
    if (run != null) {
      fire(run);
    }
  }

  private void fire(AlarmPlan.Run run) {
    ObjectAddress address = ObjectAddress.parse(run.key());
    OptionalLong abandoned = run.abandoned();
    CompletableFuture<AlarmEnd> end =
        abandoned.isPresent()
            ? runner.abandon(address, abandoned.getAsLong())
            : runner.run(address, run.retryCount());
    end.whenComplete((how, error) -> ended(run, how, error));
  }

  private void ended(AlarmPlan.Run run, @Nullable AlarmEnd how, @Nullable Throwable error) {
    if (error != null && !(error instanceof HoldfastException)) {
      log.warn("the alarm of {} could not be run", run.key(), error);
    }
    DueAlarm row = run.row();
    if (how instanceof AlarmEnd.NotDue rest && row != null && !rest.isFor(row)) {
      Thread.ofVirtual().name("alarm-forgotten").start(() -> forget(row));
    }
    locked(() -> {
      if (how == null) {
        plan.unreachable(run, clock.millis());
      }
      wakeIf(how == null || plan.ended(run, how, clock.millis()));
    });
  }

  /** Otherwise it is read again in a while, and then forgotten. */
  private void forget(DueAlarm row) {
    try {
      index.forget(row);
    } catch (HoldfastException e) {
      log.debug("the alarm of {} cannot be forgotten yet", row.objectKey(), e);
    }
  }

  private boolean await(long lookedAtMillis) {
    OptionalLong next = index.earliestAfter(lookedAtMillis);
    lock.lock();
    try {
      long again = Math.min(readAgainAtMillis, plan.nextMillis());
      wakeAtMillis = Math.min(again, next.orElse(Long.MAX_VALUE));
      long now = clock.millis();
      while (!lookNow && !closed && now < wakeAtMillis && !isSetBack(now)) {
        long max = CLOCK_SEEN_WITHIN.toMillis();
        changed.await(Math.min(max, wakeAtMillis - now), TimeUnit.MILLISECONDS);
        now = clock.millis();
      }
      wakeAtMillis = Long.MAX_VALUE;
      return !closed;
    } catch (InterruptedException e) {
      return false;
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

  private void locked(Runnable step) {
    lock.lock();
    try {
      step.run();
    } finally {
      lock.unlock();
    }
  }

  private <T extends @Nullable Object> T locked(Supplier<T> step) {
    lock.lock();
    try {
      return step.get();
    } finally {
      lock.unlock();
    }
  }
}
