package io.holdfast.node.metering;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.InstanceType;
import java.util.Map;
import java.util.Optional;

/// One container that runs, and up to where it was counted. Thread-safe.
final class ContainerMeter {
  /// Time counts in parts of that many milliseconds, the last one whole.
  static final long GRANULARITY_MILLIS = 10;

  private final ContainerOwner owner;
  private final ContainerId id;
  private final InstanceType type;
  private final long startedMillis;

  // Guarded by this.
  private final DayUsage gathered = new DayUsage();
  private long countedToMillis;
  private long cpuMicros;
  private long sentBytes;
  private boolean ended;
  private boolean gone;

  /// Up to where a container was counted; what is kept of it through a crash.
  ///
  /// @param startedMillis when it began to run
  /// @param countedToMillis up to when its time was counted
  /// @param cpuMicros how much of its CPU time was counted
  /// @param sentBytes how much of what it sent was counted
  record Mark(
      InstanceType type,
      long startedMillis,
      long countedToMillis,
      long cpuMicros,
      long sentBytes) {}

  /// What was used since the last drain.
  ///
  /// @param mark empty when the engine does not have it any more, so that nothing is to be kept
  record Drained(Map<Long, Usage> byDay, Optional<Mark> mark) {}

  /// A container that was not counted before.
  ContainerMeter(ContainerOwner owner, ContainerId id, InstanceType type, long startedMillis) {
    this(owner, id, new Mark(type, startedMillis, startedMillis, 0, 0));
    gathered.add(DaySpans.day(startedMillis), Usage.ofContainerStart());
  }

  /// A container that was counted before, by an earlier life of the node.
  ContainerMeter(ContainerOwner owner, ContainerId id, Mark mark) {
    this.owner = owner;
    this.id = id;
    this.type = mark.type;
    this.startedMillis = mark.startedMillis;
    this.countedToMillis = mark.countedToMillis;
    this.cpuMicros = mark.cpuMicros;
    this.sentBytes = mark.sentBytes;
  }

  ContainerOwner owner() {
    return owner;
  }

  ContainerId id() {
    return id;
  }

  /// The engine said how much it used since its start.
  synchronized void read(ContainerStats stats, long nowMillis) {
    long cpu = Math.max(0, stats.cpuMicros() - cpuMicros);
    long sent = Math.max(0, stats.sentBytes() - sentBytes);
    if (!ended && (cpu > 0 || sent > 0)) {
      gathered.add(DaySpans.day(nowMillis), Usage.ofReading(cpu, sent));
      cpuMicros += cpu;
      sentBytes += sent;
    }
  }

  /// It runs no more; safe to repeat.
  synchronized void ended(long atMillis) {
    if (ended) {
      return;
    }
    ended = true;
    long end = Math.max(atMillis, countedToMillis);
    long begun = Math.ceilDiv(end - startedMillis, GRANULARITY_MILLIS) * GRANULARITY_MILLIS;
    count(startedMillis + begun);
  }

  private void count(long toMillis) {
    DaySpans.each(
        countedToMillis,
        toMillis,
        (day, millis) -> gathered.add(day, Usage.ofContainer(type, millis)));
    countedToMillis = Math.max(countedToMillis, toMillis);
  }

  /// The engine does not have it any more: nobody will tell of its end again.
  synchronized void gone() {
    gone = true;
  }

  synchronized Drained drain(long nowMillis) {
    if (!ended) {
      count(nowMillis);
    }
    Mark mark = new Mark(type, startedMillis, countedToMillis, cpuMicros, sentBytes);
    return new Drained(gathered.drain(), gone ? Optional.empty() : Optional.of(mark));
  }
}
