package io.holdfast.persistence.embedded;

import io.holdfast.persistence.pg1.ImageSnapshot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// What is stored, for those who look at it beside the writers: histories, lists, and the deletion
/// of what is old.
///
/// Reads run on the store's reader threads, after all writes of the same id that were submitted
/// before. Thread-safe.
public final class StoredRows {
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final EmbeddedStore store;
  private final RowCodec codec;
  private final Executor blocking;

  public StoredRows(EmbeddedStore store, ActorSystem system) {
    this.store = store;
    this.codec = new RowCodec(system);
    this.blocking = system.dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId());
  }

  /// What to read; must return soon, for it holds one of few threads.
  @FunctionalInterface
  public interface Read<T> {
    T from(View view) throws RocksDBException;
  }

  /// Sees events in their order.
  @FunctionalInterface
  public interface EventVisitor {
    /// @return whether to go on with the next event
    boolean event(long sequenceNr, Object payload, int bytes);
  }

  /// A snapshot, without its content.
  ///
  /// @param timestamp when it was saved, by the clock of Pekko's snapshot store
  /// @param bytes the size of its row
  public record SnapshotMark(long sequenceNr, long timestamp, int bytes) {}

  /// How much is stored of an id.
  ///
  /// @param exact whether the number is exact; otherwise there is more
  public record Size(long bytes, boolean exact) {}

  /// Reads the rows of one id; the future fails with a [HoldfastException].
  public <T> CompletableFuture<T> read(String persistenceId, Read<T> read) {
    return store.read(persistenceId, tables -> read.from(new View(tables, persistenceId)));
  }

  /// Deletes all events up to a number, and snapshots; durable when the future completes.
  public CompletableFuture<Void> delete(
      String persistenceId, long eventsTo, List<Long> snapshotNumbers) {
    return store
        .read(persistenceId, tables -> Numbering.of(tables, persistenceId))
        .thenCompose(numbering ->
            store.write(
                persistenceId,
                64 + 2 * persistenceId.length() * (snapshotNumbers.size() + 2),
                group -> delete(group, persistenceId, eventsTo, snapshotNumbers, numbering)))
        .thenCompose(_ -> snapshotNumbers.isEmpty() ? DONE : collectChunks(persistenceId));
  }

  private CompletableFuture<Void> collectChunks(String persistenceId) {
    return CompletableFuture.runAsync(() -> store.chunks().collect(persistenceId, codec), blocking);
  }

  private static void delete(
      Group group, String id, long eventsTo, List<Long> snapshotNumbers, Numbering numbering)
      throws RocksDBException {
    for (long number : snapshotNumbers) {
      group.deleteSnapshot(RowKey.of(id, number));
    }
    if (eventsTo > 0) {
      long last = Math.min(eventsTo, numbering.highest());
      group.deleteEvents(RowKey.of(id, 0), RowKey.after(id, last));
      numbering.remember(group, id);
    }
  }

  /// How many chunks of large objects are stored in all; blocks while it walks over them.
  public long chunkCount() {
    return store.chunks().count();
  }

  /// The ids of which anything is stored that begin with a text and have as many characters more,
  /// in order, after one of them.
  ///
  /// @param after an id, or empty for the first ones
  public CompletableFuture<List<String>> ids(
      String prefix, int moreChars, Optional<String> after, int max) {
    byte[] first = RowKey.of(prefix + "\0".repeat(moreChars), 0);
    byte[] start = after.isPresent() ? RowKey.after(after.get(), Long.MAX_VALUE) : first;
    byte[] end = RowKey.of(prefix + "\u007f".repeat(moreChars), Long.MAX_VALUE);
    return store.read(prefix, tables -> ids(tables, start, end, max));
  }

  /// The ids of which anything is stored, in order, after one of them.
  ///
  /// @param after an id, or empty for the first ones
  public CompletableFuture<List<String>> ids(Optional<String> after, int max) {
    byte[] start = after.map(id -> RowKey.after(id, Long.MAX_VALUE)).orElse(new byte[0]);
    byte[] end = {-1, -1, -1};
    return store.read("", tables -> ids(tables, start, end, max));
  }

  private static List<String> ids(Tables tables, byte[] start, byte[] end, int max)
      throws RocksDBException {
    // Ids are ASCII, their order is that of their rows.
    TreeSet<String> found = new TreeSet<>();
    for (ColumnFamilyHandle table : List.of(tables.events(), tables.snapshots())) {
      found.addAll(tables.scan(table, start, end, rows -> ids(rows, max)));
    }
    return found.stream().limit(max).toList();
  }

  /// Stores a snapshot beside those of the object's writer; durable when the future completes.
  ///
  /// @param sequenceNr the number of the last event in it
  public CompletableFuture<Void> saveSnapshot(
      String persistenceId, long sequenceNr, long timestampMillis, ImageSnapshot snapshot) {
    SnapshotMetadata metadata = new SnapshotMetadata(persistenceId, sequenceNr, timestampMillis);
    return CompletableFuture.runAsync(
        () -> store.chunks().store(persistenceId, snapshot, () -> saveRow(metadata, snapshot)),
        blocking);
  }

  private CompletableFuture<Void> saveRow(SnapshotMetadata metadata, ImageSnapshot snapshot) {
    String persistenceId = metadata.persistenceId();
    byte[] key = RowKey.of(persistenceId, metadata.sequenceNr());
    byte[] value = codec.snapshot(metadata, snapshot);
    return store.write(
        persistenceId, key.length + value.length, group -> group.putSnapshot(key, value));
  }

  /// Jumps from id to id.
  private static List<String> ids(RocksIterator rows, int max) {
    List<String> ids = new ArrayList<>();
    rows.seekToFirst();
    while (rows.isValid() && ids.size() < max) {
      String id = RowKey.persistenceId(rows.key());
      ids.add(id);
      rows.seek(RowKey.after(id, Long.MAX_VALUE));
    }
    return ids;
  }

  /// The rows of one id during one read.
  public final class View {
    private final Tables tables;
    private final String id;

    private View(Tables tables, String id) {
      this.tables = tables;
      this.id = id;
    }

    /// The newest snapshot up to a number.
    public Optional<SnapshotMark> snapshotUpTo(long sequenceNr) throws RocksDBException {
      return scan(
          tables.snapshots(),
          0,
          sequenceNr,
          rows -> {
            rows.seekToLast();
            return mark(rows);
          });
    }

    /// The oldest snapshot from a number on.
    public Optional<SnapshotMark> snapshotFrom(long sequenceNr) throws RocksDBException {
      return scan(
          tables.snapshots(),
          sequenceNr,
          Long.MAX_VALUE,
          rows -> {
            rows.seekToFirst();
            return mark(rows);
          });
    }

    /// Only the head of the row is copied out of RocksDB.
    private Optional<SnapshotMark> mark(RocksIterator rows) {
      if (!rows.isValid()) {
        return Optional.empty();
      }
      ByteBuffer head = ByteBuffer.allocate(RowCodec.HEAD_BYTES);
      int bytes = rows.value(head);
      return Optional.of(
          new SnapshotMark(RowKey.sequenceNr(rows.key()), RowCodec.timestamp(head.array()), bytes));
    }

    /// The content of a snapshot, if it is stored. The chunks of a large one stay as long as it is
    /// reachable.
    public Optional<Object> snapshot(long sequenceNr) throws RocksDBException {
      byte[] key = RowKey.of(id, sequenceNr);
      byte[] value = tables.get(tables.snapshots(), key);
      if (value == null) {
        return Optional.empty();
      }
      Object content = codec.snapshot(id, sequenceNr, value).snapshot();
      if (!(content instanceof ImageSnapshot image) || image.chunks().isEmpty()) {
        return Optional.of(content);
      }
      ImageSnapshot attached = store.chunks().attached(id, image);
      // Deleted meanwhile, its chunks may have gone before they were held.
      return tables.get(tables.snapshots(), key) == null ? Optional.empty() : Optional.of(attached);
    }

    /// Visits the events from a number on, as long as the visitor wants more.
    public void events(long from, EventVisitor visitor) throws RocksDBException {
      scan(
          tables.events(),
          from,
          Long.MAX_VALUE,
          rows -> {
            boolean more = true;
            for (rows.seekToFirst(); more && rows.isValid(); rows.next()) {
              byte[] value = rows.value();
              long number = RowKey.sequenceNr(rows.key());
              more = visitor.event(number, codec.event(id, number, value).payload(), value.length);
            }
            return more;
          });
    }

    /// An event, if it is stored.
    public Optional<Object> event(long sequenceNr) throws RocksDBException {
      byte[] value = tables.get(tables.events(), RowKey.of(id, sequenceNr));
      return value == null
          ? Optional.empty()
          : Optional.of(codec.event(id, sequenceNr, value).payload());
    }

    /// The number of the first event that is stored.
    public OptionalLong firstEvent() throws RocksDBException {
      return scan(
          tables.events(),
          0,
          Long.MAX_VALUE,
          rows -> {
            rows.seekToFirst();
            return rows.isValid()
                ? OptionalLong.of(RowKey.sequenceNr(rows.key()))
                : OptionalLong.empty();
          });
    }

    /// Bytes of the events of a range of numbers, both inclusive; counts no further than beyond
    /// `enough`.
    public long eventBytes(long from, long to, long enough) throws RocksDBException {
      return scan(tables.events(), from, to, rows -> bytes(rows, enough));
    }

    /// How much is stored: events and snapshots.
    ///
    /// @param enough counts no further than this
    public Size size(long enough) throws RocksDBException {
      long events = eventBytes(0, Long.MAX_VALUE, enough);
      long all =
          events
              + scan(tables.snapshots(), 0, Long.MAX_VALUE, rows -> bytes(rows, enough - events));
      return new Size(all, all <= enough);
    }

    private static long bytes(RocksIterator rows, long enough) {
      ByteBuffer nothing = ByteBuffer.allocate(0);
      long bytes = 0;
      for (rows.seekToFirst(); rows.isValid() && bytes <= enough; rows.next()) {
        bytes += rows.value(nothing.clear());
      }
      return bytes;
    }

    /// When the alarm of an object is due, by the index.
    public OptionalLong alarm(String objectKey) throws RocksDBException {
      return AlarmTable.of(tables, objectKey);
    }

    private <T> T scan(ColumnFamilyHandle table, long from, long to, Tables.Scan<T> scan)
        throws RocksDBException {
      return tables.scan(table, RowKey.of(id, from), RowKey.after(id, to), scan);
    }
  }
}
