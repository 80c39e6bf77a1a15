package io.holdfast.node.container;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.EngineImage;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.persistence.embedded.MeterTable;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Only what this node has pulled is ever removed: an image that somebody built or loaded cannot be had again. The record of
 * a pull is durable before the first container runs from it. A start holds the image it starts from, so none is removed
 * under it; the engine itself refuses to remove one that a container uses.
 */
/// Removes images that this node pulled and nobody needs any more. Thread-safe.
public final class ImageCollector {
  private static final Logger log = LoggerFactory.getLogger(ImageCollector.class);
  private static final byte[] RECORDS = {'I'};
  private static final byte[] RECORDS_END = {'I' + 1};

  private final ContainerEngine engine;
  private final AppCatalog apps;
  private final MeterTable table;
  private final InstantSource clock;
  private final ImageSettings settings;
  private final Supplier<Set<String>> snapshotImages;

  // Guarded by this.
  private final Map<String, Long> lastUsedMillis = new HashMap<>();
  private final Map<String, Integer> inUse = new HashMap<>();
  private final Set<String> removing = new HashSet<>();

  /// Reads the records of earlier lives of the node, and hears of pulls from now on.
  ///
  /// @param snapshotImages the ids of the images that snapshots belong to
  public ImageCollector(
      ContainerEngine engine,
      AppCatalog apps,
      MeterTable table,
      InstantSource clock,
      ImageSettings settings,
      Supplier<Set<String>> snapshotImages) {
    this.engine = engine;
    this.apps = apps;
    this.table = table;
    this.clock = clock;
    this.settings = settings;
    this.snapshotImages = snapshotImages;
    for (MeterTable.Row row : table.rows(RECORDS, RECORDS_END)) {
      String reference = new String(row.key(), 1, row.key().length - 1, UTF_8);
      lastUsedMillis.put(reference, ByteBuffer.wrap(row.value()).getLong());
    }
    engine.onPulled(this::pulled);
  }

  private static byte[] key(String reference) {
    byte[] text = reference.getBytes(UTF_8);
    return ByteBuffer.allocate(1 + text.length).put(RECORDS).put(text).array();
  }

  private static MeterTable.Row row(String reference, long millis) {
    return new MeterTable.Row(
        key(reference), ByteBuffer.allocate(Long.BYTES).putLong(millis).array());
  }

  private void pulled(String reference) {
    long now = clock.millis();
    synchronized (this) {
      lastUsedMillis.put(reference, now);
    }
    table.write(List.of(row(reference, now)), List.of()).join();
  }

  /// Starts from an image, which is not removed meanwhile; waits for a removal under way.
  <T> T using(String reference, Supplier<T> start) {
    enter(reference);
    try {
      return start.get();
    } finally {
      leave(reference);
    }
  }

  private synchronized void enter(String reference) {
    boolean interrupted = false;
    while (removing.contains(reference)) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    inUse.merge(reference, 1, Integer::sum);
  }

  private synchronized void leave(String reference) {
    inUse.computeIfPresent(reference, (any, count) -> count == 1 ? null : count - 1);
    lastUsedMillis.computeIfPresent(reference, (any, before) -> clock.millis());
  }

  /// Sweeps from time to time until the host closes.
  void keep(ContainerHost host) {
    while (!host.isClosed()) {
      Waits.pause(settings.sweepEvery());
      if (Thread.currentThread().isInterrupted() || host.isClosed()) {
        return;
      }
      try {
        sweep();
      } catch (RuntimeException e) {
        log.warn("images cannot be cleared away for now: {}", e.getMessage());
      }
    }
  }

  /// Removes what was not used for long enough; then, while all together are too large, what was
  /// not used for the longest time. Never what an app names, a container uses or a snapshot belongs
  /// to. Blocks.
  void sweep() {
    List<EngineImage> images = engine.images();
    Map<String, Long> sizes = sizes(images);
    Set<String> needed = needed(images);
    List<String> unneeded = forgetTheGoneAndListOthers(sizes, needed);
    long bytes = total(sizes);
    for (String reference : unneeded) {
      boolean old = clock.millis() - lastUsed(reference) >= settings.unusedAge().toMillis();
      if ((old || bytes > settings.bytesMax()) && remove(reference)) {
        bytes -= sizes.getOrDefault(reference, 0L);
      }
    }
    saveUses();
  }

  private static Map<String, Long> sizes(List<EngineImage> images) {
    Map<String, Long> sizes = new HashMap<>();
    for (EngineImage image : images) {
      image.references().forEach(reference -> sizes.put(reference, image.sizeBytes()));
    }
    return sizes;
  }

  /** What apps name, what containers were started from, and what snapshots belong to. */
  private Set<String> needed(List<EngineImage> images) {
    Set<String> needed = new HashSet<>(apps.images());
    Set<String> ofSnapshots = snapshotImages.get();
    images.stream()
        .filter(image -> ofSnapshots.contains(image.id()))
        .forEach(image -> needed.addAll(image.references()));
    engine
        .list()
        .forEach(found -> {
          needed.add(found.image());
          needed.add(found.labels().getOrDefault(ContainerLabels.IMAGE, found.image()));
        });
    return needed;
  }

  /** The longest unused first. */
  private List<String> forgetTheGoneAndListOthers(Map<String, Long> sizes, Set<String> needed) {
    List<String> gone;
    List<String> unneeded;
    synchronized (this) {
      gone = lastUsedMillis.keySet().stream().filter(each -> !there(each, sizes)).toList();
      gone.forEach(lastUsedMillis::remove);
      unneeded =
          lastUsedMillis.keySet().stream()
              .filter(each -> !needed.contains(each))
              .sorted(Comparator.comparing(lastUsedMillis::get))
              .toList();
    }
    table.write(List.of(), gone.stream().map(ImageCollector::key).toList()).join();
    return unneeded;
  }

  /** By digest an image has no tag to be listed by. */
  private boolean there(String reference, Map<String, Long> sizes) {
    return sizes.containsKey(reference) || engine.imagePresent(reference);
  }

  private synchronized long total(Map<String, Long> sizes) {
    return lastUsedMillis.keySet().stream().mapToLong(each -> sizes.getOrDefault(each, 0L)).sum();
  }

  private synchronized long lastUsed(String reference) {
    return lastUsedMillis.getOrDefault(reference, Long.MAX_VALUE);
  }

  private boolean remove(String reference) {
    synchronized (this) {
      if (inUse.containsKey(reference)) {
        return false;
      }
      removing.add(reference);
    }
    boolean removed = false;
    try {
      removed = engine.removeImage(reference);
    } finally {
      synchronized (this) {
        removing.remove(reference);
        if (removed) {
          lastUsedMillis.remove(reference);
        }
        notifyAll();
      }
    }
    if (removed) {
      table.write(List.of(), List.of(key(reference))).join();
      log.info("removed image {}: this node pulled it, and nobody needs it", reference);
    }
    return removed;
  }

  private void saveUses() {
    List<MeterTable.Row> rows = new ArrayList<>();
    synchronized (this) {
      lastUsedMillis.forEach((reference, millis) -> rows.add(row(reference, millis)));
    }
    table.write(rows, List.of()).join();
  }
}
