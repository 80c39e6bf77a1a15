package io.holdfast.engine.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ExitReason;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How do we learn that a container has ended, without a blocked connection for each?
 *
 * One stream of Docker's events wakes whoever waits for that container. An event is only
 * a reason to look: what a waiter returns is what an inspect says after it. A waiter registers first and looks then, so
 * an exit between the two wakes it. While the stream is down events are missed: therefore every (re)connection asks for
 * the events since the last one seen, and besides wakes all waiters, who look again.
 */
/// Waits for the end of containers.
final class ExitWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExitWatch.class);
  private static final Duration RETRY_MIN = Duration.ofMillis(50);
  private static final Duration RETRY_MAX = Duration.ofSeconds(2);

  /// Should an event ever get lost: 1,000 waiters look 3 times a second together.
  private static final Duration LOOK_AGAIN = Duration.ofMinutes(5);

  private final DockerConnection docker;
  private final Consumer<String> died;
  private final Function<ContainerId, ContainerState> inspect;
  private final Map<String, Waiters> waiting = new ConcurrentHashMap<>();
  private final Set<ContainerId> destroying = ConcurrentHashMap.newKeySet();
  private final ReentrantLock starting = new ReentrantLock();
  private @Nullable Thread streamThread;
  private volatile boolean closed;

  /// @param died hears of every death on the engine, of whosever container
  ExitWatch(
      DockerConnection docker,
      Consumer<String> died,
      Function<ContainerId, ContainerState> inspect) {
    this.docker = docker;
    this.died = died;
    this.inspect = inspect;
  }

  /// Waits without limit.
  ExitReason await(ContainerId id) {
    return await(id, Duration.ofNanos(Long.MAX_VALUE))
        .orElseThrow(() -> calledOff("the wait has ended"));
  }

  /// Waits up to `limit`; empty when the container goes on.
  Optional<ExitReason> await(ContainerId id, Duration limit) {
    startStream();
    long deadline = System.nanoTime() + limit.toNanos();
    Waiters waiters = join(id);
    try {
      while (true) {
        long seen = waiters.wakeups();
        Duration patience = LOOK_AGAIN;
        try {
          Optional<ExitReason> reason = look(id, waiters);
          if (reason.isPresent()) {
            return reason;
          }
        } catch (HoldfastException e) {
          patience = engineAway(id, e);
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return Optional.empty();
        }
        waiters.awaitMoreThan(seen, Math.min(left, patience.toNanos()));
        if (closed) {
          throw calledOff("the engine was closed");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw calledOff("the waiting thread was interrupted");
    } finally {
      leave(id);
    }
  }

  private static HoldfastException calledOff(String why) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE, "waiting for the end of a container: " + why);
  }

  /// The stream wakes us when the engine is back; looking every second is for when only the look
  /// failed.
  private static Duration engineAway(ContainerId id, HoldfastException e)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    LOG.debug("cannot look at container {}: {}", id, e.getMessage());
    return Duration.ofSeconds(1);
  }

  private Optional<ExitReason> look(ContainerId id, Waiters waiters) {
    ContainerState state = inspect.apply(id);
    return switch (state) {
      case ContainerState.Exited exited ->
          Optional.of(
              waiters.destroyed || destroying.contains(id)
                  ? new ExitReason.Destroyed()
                  : exited.reason());
      case ContainerState.Gone _ -> Optional.of(waiters.goneReason());
      case ContainerState.Running _, ContainerState.Paused _, ContainerState.Created _ ->
          waiters.diedReason();
    };
  }

  private Waiters join(ContainerId id) {
    return present(
        waiting.compute(
            id.value(), (_, waiters) -> (waiters == null ? new Waiters() : waiters).add(1)));
  }

  private static Waiters present(@Nullable Waiters waiters) {
    if (waiters == null) {
      throw new IllegalStateException("compute returned what it was given");
    }
    return waiters;
  }

  private void leave(ContainerId id) {
    waiting.computeIfPresent(
        id.value(), (_, waiters) -> waiters.add(-1).count == 0 ? null : waiters);
  }

  /// From here on the end of the container is our doing: waiters return [ExitReason.Destroyed].
  void destroying(ContainerId id) {
    destroying.add(id);
    waiting.computeIfPresent(id.value(), (_, waiters) -> waiters.markDestroyed());
  }

  /// Our removal has ended, well or not.
  void destroyed(ContainerId id) {
    destroying.remove(id);
    wake(id.value());
  }

  private void wake(String id) {
    Waiters waiters = waiting.get(id);
    if (waiters != null) {
      waiters.wake();
    }
  }

  private void startStream() {
    starting.lock();
    try {
      if (streamThread == null && !closed) {
        streamThread =
            Thread.ofVirtual().name("holdfast-engine-events").start(this::streamUntilClosed);
      }
    } finally {
      starting.unlock();
    }
  }

  private void streamUntilClosed() {
    Instant since = Instant.now();
    Duration pause = RETRY_MIN;
    while (!closed) {
      EventStream stream = new EventStream(since);
      try {
        boolean connected = stream.runToEnd();
        since = stream.lastSeen;
        pause = connected ? RETRY_MIN : longer(pause);
        if (!closed) {
          Thread.sleep(pause);
        }
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(RETRY_MAX) < 0 ? twice : RETRY_MAX;
  }

  /// One connection to the stream of events.
  private final class EventStream extends ResultCallback.Adapter<Event> {
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Instant lastSeen;
    private volatile boolean connected;

    EventStream(Instant since) {
      this.lastSeen = since;
    }

    /// Returns when the connection has ended; true when there was one.
    boolean runToEnd() throws InterruptedException {
      try {
        docker
            .client()
            .eventsCmd()
            .withSince("%d.%09d".formatted(lastSeen.getEpochSecond(), lastSeen.getNano()))
            .withEventTypeFilter("container")
            .withEventFilter("die", "destroy")
            .exec(this);
        ended.await();
      } catch (RuntimeException e) {
        LOG.debug("no event stream from {}: {}", docker.address(), e.getMessage());
      } finally {
        shut(this);
      }
      return connected;
    }

    private void shut(Closeable stream) {
      try {
        stream.close();
      } catch (IOException _) {
        // It is closed either way.
      }
    }

    @Override
    public void onStart(@Nullable Closeable stream) {
      super.onStart(stream);
      connected = true;
      waiting.keySet().forEach(ExitWatch.this::wake);
    }

    @Override
    public void onNext(Event event) {
      Long nanos = event.getTimeNano();
      if (nanos != null) {
        lastSeen = Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
      }
      EventActor actor = event.getActor();
      String id = actor == null ? event.getId() : actor.getId();
      if (id != null && "die".equals(event.getAction())) {
        died.accept(id);
      }
      Waiters waiters = id == null ? null : waiting.get(id);
      if (waiters != null) {
        if (actor != null && "die".equals(event.getAction()) && actor.getAttributes() != null) {
          waiters.died(actor.getAttributes().get("exitCode"));
        }
        waiters.wake();
      }
    }

    @Override
    public void onError(Throwable e) {
      LOG.debug("event stream from {} broke off: {}", docker.address(), e.getMessage());
      super.onError(e);
      ended.countDown();
    }

    @Override
    public void onComplete() {
      super.onComplete();
      ended.countDown();
    }
  }

  @Override
  public void close() {
    closed = true;
    starting.lock();
    try {
      if (streamThread != null) {
        streamThread.interrupt();
      }
    } finally {
      starting.unlock();
    }
    waiting.keySet().forEach(this::wake);
  }

  /// Those who wait for one container.
  private static final class Waiters {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private long wakeups;
    private int count;
    private volatile boolean destroyed;
    private volatile @Nullable Integer diedWith;

    /// Under the map's lock.
    Waiters add(int change) {
      count += change;
      return this;
    }

    Waiters markDestroyed() {
      destroyed = true;
      return this;
    }

    /// A container that died and was started again by hand, before we looked, has ended all the
    /// same.
    void died(@Nullable String exitCode) {
      if (exitCode != null && exitCode.matches("\\d{1,3}")) {
        diedWith = Integer.valueOf(exitCode);
      }
    }

    Optional<ExitReason> diedReason() {
      Integer code = diedWith;
      return code == null ? Optional.empty() : Optional.of(new ExitReason.Exited(code));
    }

    ExitReason goneReason() {
      Integer code = diedWith;
      return destroyed || code == null ? new ExitReason.Destroyed() : new ExitReason.Exited(code);
    }

    long wakeups() {
      lock.lock();
      try {
        return wakeups;
      } finally {
        lock.unlock();
      }
    }

    void wake() {
      lock.lock();
      try {
        wakeups++;
        woken.signalAll();
      } finally {
        lock.unlock();
      }
    }

    void awaitMoreThan(long seen, long nanos) throws InterruptedException {
      lock.lock();
      try {
        long left = nanos;
        while (wakeups <= seen && left > 0) {
          left = woken.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
