package io.holdfast.node.metering;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.protocol.NamespaceId;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Totals are kept in memory and written whole, with the marks of the containers they were counted from in the same write.
 * So a write whose outcome is unknown is repeated without counting twice, and after a crash the totals and the marks fit
 * one another: a container goes on being counted from its mark.
 */
/// All that is used on this node: gathered from the meters, and put on disk at intervals.
/// Thread-safe.
public final class MeterBook implements UsageTotals, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MeterBook.class);

  private final MeterTable table;
  private final MeteringSettings settings;
  private final InstantSource clock;
  private final MeteringMetrics metrics;
  private final Map<NamespaceId, NamespaceMeter> namespaces = new ConcurrentHashMap<>();
  private final ContainerMeters containers;
  private final List<Thread> threads = new ArrayList<>();

  // Guarded by this: one flush at a time.
  private final Map<MeterRows.Key, Usage> totals = new HashMap<>();
  private final Map<MeterRows.Key, Usage> unsaved = new HashMap<>();
  private final Map<ContainerOwner, ContainerMeter.Mark> marksUnsaved = new HashMap<>();
  private final Set<ContainerOwner> endedUnsaved = new HashSet<>();
  private long trimmedDay;
  private boolean failing;

  /// Reads what earlier lives of the node have written.
  ///
  /// @throws io.holdfast.sdk.HoldfastException when the store cannot be read
  public MeterBook(
      MeterTable table, MeteringSettings settings, InstantSource clock, MeteringMetrics metrics) {
    this.table = table;
    this.settings = settings;
    this.clock = clock;
    this.metrics = metrics;
    List<MeterRows.MarkedOwner> marked =
        table.rows(MeterRows.MARKS, MeterRows.MARKS_END).stream().map(MeterRows::marked).toList();
    this.containers = new ContainerMeters(clock, marked);
    for (MeterTable.Row row : table.rows(MeterRows.TOTALS, MeterRows.TOTALS_END)) {
      totals.put(MeterRows.key(row.key()), Usage.decoded(row.value()));
    }
  }

  /// Flushes and reads at intervals from now on, until [#close()].
  public void start(ContainerMeters.Reader reader) {
    repeat("metering-flush", settings.flushEvery(), this::flush);
    repeat("metering-read", settings.readEvery(), () -> containers.readAll(reader));
  }

  private void repeat(String name, Duration every, Runnable task) {
    threads.add(
        Thread.ofVirtual()
            .name(name)
            .start(() -> {
              try {
                while (!Thread.currentThread().isInterrupted()) {
                  Thread.sleep(every);
                  task.run();
                }
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            }));
  }

  public ContainerMeters containers() {
    return containers;
  }

  /// The meter of a namespace's objects.
  public NamespaceMeter of(NamespaceId namespace) {
    return namespaces.computeIfAbsent(namespace, any -> new NamespaceMeter(clock.millis()));
  }

  /// An object came into memory.
  public void entered(NamespaceId namespace) {
    of(namespace).entered(clock.millis());
  }

  /// An object left memory.
  public void left(NamespaceId namespace) {
    of(namespace).left(clock.millis());
  }

  /// Puts on disk what was used up to now; blocks. What cannot be written stays for the next time.
  public synchronized void flush() {
    gatherObjects();
    if (containers.hasChanged()) {
      gatherContainers();
    }
    List<MeterTable.Row> puts = new ArrayList<>();
    unsaved.forEach((key, sum) -> puts.add(new MeterTable.Row(MeterRows.key(key), sum.encoded())));
    List<byte[]> deletes = new ArrayList<>();
    endedUnsaved.forEach(owner -> deletes.add(MeterRows.key(owner)));
    trim(deletes);
    if (puts.isEmpty() && deletes.isEmpty()) {
      return;
    }
    marksUnsaved.forEach((owner, mark) -> puts.add(MeterRows.row(owner, mark)));
    try {
      table.write(puts, deletes).join();
      unsaved.clear();
      endedUnsaved.clear();
      marksUnsaved.clear();
      failing = false;
    } catch (CompletionException e) {
      if (!failing) {
        log.warn("what was used cannot be written for now: {}", String.valueOf(e.getCause()));
      }
      failing = true;
    }
  }

  /** Takes over from the meters into the totals. */
  private void gatherObjects() {
    long now = clock.millis();
    namespaces.forEach((namespace, meter) -> add(namespace, meter.drain(now)));
  }

  private void gatherContainers() {
    containers.drain((owner, drained) -> {
      add(new NamespaceId(owner.app(), owner.namespace()), drained.byDay());
      if (drained.mark().isPresent()) {
        marksUnsaved.put(owner, drained.mark().get());
      } else {
        marksUnsaved.remove(owner);
        endedUnsaved.add(owner);
      }
    });
  }

  private void add(NamespaceId namespace, Map<Long, Usage> byDay) {
    byDay.forEach((day, usage) -> {
      MeterRows.Key key = new MeterRows.Key(day, namespace);
      Usage sum = totals.getOrDefault(key, Usage.NONE).plus(usage);
      totals.put(key, sum);
      unsaved.put(key, sum);
      metrics.used(namespace.app(), usage);
    });
  }

  /** Days that are over for long enough, once a day. */
  private void trim(List<byte[]> deletes) {
    long first = DaySpans.day(clock.millis()) - settings.retention().toDays();
    if (first != trimmedDay) {
      trimmedDay = first;
      totals
          .keySet()
          .removeIf(key -> {
            boolean old = key.epochDay() < first;
            if (old) {
              deletes.add(MeterRows.key(key));
              unsaved.remove(key);
            }
            return old;
          });
    }
  }

  /// Up to now; durable up to the last flush.
  @Override
  public synchronized SortedMap<MeterRows.Key, Usage> totals(LocalDate from, LocalDate to) {
    gatherObjects();
    gatherContainers();
    Map<MeterRows.Key, Usage> found = new HashMap<>();
    totals.forEach((key, usage) -> {
      if (key.epochDay() >= from.toEpochDay() && key.epochDay() <= to.toEpochDay()) {
        found.put(key, usage);
      }
    });
    return UsageTotals.ordered(found);
  }

  /// Writes once more, and no more after that.
  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    flush();
  }
}
