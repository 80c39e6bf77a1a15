package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.database.RowBytes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/*
 * Which archive is the one of an object stands in the object's own database, and only its owner can commit there. What is
 * kept here says only what must not be removed, and errs on that side:
 *
 *   pinned, then committed by the object      a crash in between leaves a pin too many, until the object's next archive
 *   committed, then the ones before superseded  a crash in between leaves them, until the object's next archive
 *   superseded                                goes away after the retention, so that the object can be restored to a state
 *                                             of that time, or forked from it, and finds its files
 *
 * A superseded instance of an object can pin, but never gets to supersede: it cannot commit.
 */
/// Who needs which archive, durably. Thread-safe; every method blocks.
public final class ArchiveReferences {
  private static final String OBJECTS = "o/";
  private static final String SNAPSHOTS = "s/";
  private static final long CURRENT = 0;

  private final ArchiveIndex index;
  private final InstantSource clock;
  private final Duration retention;

  /// @param retention how long an archive is kept after a newer one took its place
  public ArchiveReferences(ArchiveIndex index, InstantSource clock, Duration retention) {
    this.index = index;
    this.clock = clock;
    this.retention = retention;
  }

  // ---- archives of objects
  // ------------------------------------------------------------------------------------

  /// An object is going to name this archive as its own, or does so again.
  ///
  /// @return the number of the pin
  synchronized long pin(String object, BlobId archive) {
    long number = nextPin(object);
    index.put(key(object, archive), new Pin(number, CURRENT).encode());
    return number;
  }

  /// A number above those of all pins of the object so far, whatever the clock does.
  public synchronized long nextPin(String object) {
    long[] next = {clock.millis()};
    index.forEach(
        prefix(object), (_, row) -> next[0] = Math.max(next[0], Pin.decode(row).number + 1));
    return next[0];
  }

  /// The object has durably committed that its archive is this one, or none: what it had before is
  /// kept for the retention only.
  ///
  /// @param pinned the number of the pin of that archive: what was pinned after it may have been
  ///   committed since
  public synchronized void supersede(String object, Optional<BlobId> current, long pinned) {
    Optional<String> kept = current.map(archive -> key(object, archive));
    Map<String, Pin> others = new HashMap<>();
    index.forEach(
        prefix(object),
        (key, row) -> {
          Pin pin = Pin.decode(row);
          if (pin.supersededAt == CURRENT
              && pin.number < pinned
              && !kept.equals(Optional.of(key))) {
            others.put(key, pin);
          }
        });
    others.forEach((key, pin) -> index.put(key, new Pin(pin.number, clock.millis()).encode()));
  }

  /// The archive that was pinned last for an object.
  public Optional<BlobId> newest(String object) {
    long[] number = {-1};
    List<BlobId> newest = new ArrayList<>();
    index.forEach(
        prefix(object),
        (key, row) -> {
          Pin pin = Pin.decode(row);
          if (pin.number > number[0]) {
            number[0] = pin.number;
            newest.add(archive(key));
          }
        });
    return newest.isEmpty() ? Optional.empty() : Optional.of(newest.getLast());
  }

  private static String prefix(String object) {
    return OBJECTS + object + "/";
  }

  private static String key(String object, BlobId archive) {
    return prefix(object) + archive.hex();
  }

  private static BlobId archive(String key) {
    return BlobId.parse(key.substring(key.lastIndexOf('/') + 1));
  }

  /**
   * Why an archive of an object is kept.
   *
   * @param supersededAt in epoch milliseconds
   */
  private record Pin(long number, long supersededAt) {
    byte[] encode() {
      return RowBytes.written(out -> {
        out.writeLong(number);
        out.writeLong(supersededAt);
      });
    }

    static Pin decode(byte[] row) {
      return RowBytes.read(
          "a reference to an archive", row, in -> new Pin(in.readLong(), in.readLong()));
    }
  }

  // ---- snapshots
  // ----------------------------------------------------------------------------------------------

  synchronized void put(StoredSnapshot snapshot) {
    index.put(key(snapshot.app(), snapshot.id()), snapshot.encode());
  }

  /// The snapshot of that app, unless it has expired.
  public Optional<StoredSnapshot> snapshot(String app, String id) {
    return index
        .get(key(app, id))
        .map(StoredSnapshot::decode)
        .filter(found -> found.expires().isAfter(clock.instant()));
  }

  /// As [#snapshot], and from now on it lives that long.
  public synchronized Optional<StoredSnapshot> refreshed(String app, String id, Duration ttl) {
    Optional<StoredSnapshot> found = snapshot(app, id);
    found.ifPresent(snapshot -> put(snapshot.expiring(clock.instant().plus(ttl))));
    return found;
  }

  /// The images that snapshots belong to.
  public Set<String> imagesOfSnapshots() {
    Set<String> images = new HashSet<>();
    index.forEach(SNAPSHOTS, (_, row) -> StoredSnapshot.decode(row).image().ifPresent(images::add));
    return images;
  }

  private static String key(String app, String id) {
    return SNAPSHOTS + app + "/" + id;
  }

  // ---- for the sweep
  // ------------------------------------------------------------------------------------------

  /// Forgets what has been kept for long enough.
  ///
  /// @return how many references
  synchronized int expire() {
    Instant now = clock.instant();
    long oldest = now.minus(retention).toEpochMilli();
    Map<String, byte[]> over = new HashMap<>();
    index.forEach(
        OBJECTS,
        (key, row) -> {
          long superseded = Pin.decode(row).supersededAt;
          if (superseded != CURRENT && superseded <= oldest) {
            over.put(key, row);
          }
        });
    index.forEach(
        SNAPSHOTS,
        (key, row) -> {
          if (!StoredSnapshot.decode(row).expires().isAfter(now)) {
            over.put(key, row);
          }
        });
    over.forEach(index::delete); // Unless another node needs it again by now.
    return over.size();
  }

  /// Names every archive that is needed, some more than once.
  void forEachArchive(Consumer<BlobId> needed) {
    index.forEach(OBJECTS, (key, _) -> needed.accept(archive(key)));
    index.forEach(SNAPSHOTS, (_, row) -> needed.accept(StoredSnapshot.decode(row).archive()));
  }
}
