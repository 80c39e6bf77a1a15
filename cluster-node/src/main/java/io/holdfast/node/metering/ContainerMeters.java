package io.holdfast.node.metering;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.InstanceType;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The CPU time of a container that has exited cannot be read any more: its control group is gone with its last process. So
 * it is read from time to time while it runs, and once more right before the platform ends it. What a container burns
 * between the last reading and an exit of its own is not counted: in favour of the app, and at most `read-every`.
 *
 * Wall-clock time needs no reading: it goes from the start to the end as the engine tells them, also when that was while
 * no node looked.
 */
/// The containers of this node that are counted. Thread-safe.
public final class ContainerMeters {
  private static final Logger log = LoggerFactory.getLogger(ContainerMeters.class);

  private final InstantSource clock;
  private final Map<ContainerOwner, ContainerMeter> meters = new ConcurrentHashMap<>();

  /** Whether there is something to take over that must not wait. */
  private final AtomicBoolean changed = new AtomicBoolean();

  /** Of containers that an earlier life of the node counted and this one has not yet found. */
  private final Map<ContainerOwner, ContainerMeter.Mark> marks = new ConcurrentHashMap<>();

  /// Asks the engine; throws when it cannot say.
  @FunctionalInterface
  public interface Reader {
    ContainerStats stats(ContainerId id);
  }

  ContainerMeters(InstantSource clock, List<MeterRows.MarkedOwner> marked) {
    this.clock = clock;
    marked.forEach(each -> marks.put(each.owner(), each.mark()));
  }

  /// A container began to run just now.
  public void started(ContainerOwner owner, ContainerId id, InstanceType type) {
    put(new ContainerMeter(owner, id, type, clock.millis()));
  }

  /// A container of an earlier life of the node runs.
  ///
  /// @param startedAt as the engine tells; counts when it was not counted before
  public void found(ContainerOwner owner, ContainerId id, InstanceType type, Instant startedAt) {
    put(continued(owner, id, type, startedAt));
  }

  private ContainerMeter continued(
      ContainerOwner owner, ContainerId id, InstanceType type, Instant startedAt) {
    ContainerMeter.Mark mark = marks.remove(owner);
    return mark == null
        ? new ContainerMeter(owner, id, type, startedAt.toEpochMilli())
        : new ContainerMeter(owner, id, mark);
  }

  /// A container of an earlier life of the node has ended while nobody looked.
  ///
  /// @param endedAt as the engine tells; empty when it cannot: then it counts no further than it
  ///   was counted
  public void foundEnded(
      ContainerOwner owner, ContainerId id, InstanceType type, Optional<Instant> endedAt) {
    ContainerMeter.Mark mark = marks.remove(owner);
    // The epoch of an owner is the time of the order to start.
    ContainerMeter meter =
        mark == null
            ? new ContainerMeter(owner, id, type, owner.epoch())
            : new ContainerMeter(owner, id, mark);
    meter.ended(endedAt.map(Instant::toEpochMilli).orElse(0L));
    put(meter);
  }

  /// All that the engine has were found: what else was counted is gone.
  public void foundAll() {
    marks.forEach((owner, mark) -> {
      if (marks.remove(owner) != null) {
        ContainerMeter meter = new ContainerMeter(owner, new ContainerId("gone"), mark);
        meter.ended(0);
        meter.gone();
        put(meter);
      }
    });
  }

  /// Reads once more what it used, before it is ended. Asks the engine, and does nothing when that
  /// cannot say.
  public void readLast(ContainerOwner owner, Reader reader) {
    ContainerMeter meter = meters.get(owner);
    if (meter != null) {
      read(meter, reader);
    }
  }

  /// A container has ended just now.
  public void ended(ContainerOwner owner) {
    ContainerMeter meter = meters.get(owner);
    if (meter != null) {
      meter.ended(clock.millis());
      changed.set(true);
    }
  }

  /// A container that has ended was removed from the engine. Until then its end may be found, and
  /// told, once more.
  public void gone(ContainerOwner owner) {
    ContainerMeter meter = meters.get(owner);
    if (meter != null) {
      meter.gone();
      changed.set(true);
    }
  }

  private void put(ContainerMeter meter) {
    meters.put(meter.owner(), meter);
    changed.set(true);
  }

  /// Reads all that run, one after the other. Blocks.
  void readAll(Reader reader) {
    meters.values().forEach(meter -> read(meter, reader));
    changed.set(!meters.isEmpty());
  }

  private void read(ContainerMeter meter, Reader reader) {
    try {
      meter.read(reader.stats(meter.id()), clock.millis());
    } catch (RuntimeException e) {
      log.debug("container {} tells no use: {}", meter.id(), e.getMessage());
    }
  }

  /// Whether a container began, ended or was read since this was last asked. Time alone need not be
  /// written: after a crash it is counted from the last mark on.
  boolean hasChanged() {
    return changed.getAndSet(false);
  }

  /// Hands over each meter; one that is gone, for the last time.
  void drain(BiConsumer<ContainerOwner, ContainerMeter.Drained> to) {
    long now = clock.millis();
    meters.forEach((owner, meter) -> {
      ContainerMeter.Drained drained = meter.drain(now);
      if (drained.mark().isEmpty()) {
        meters.remove(owner, meter);
      }
      to.accept(owner, drained);
    });
  }
}
