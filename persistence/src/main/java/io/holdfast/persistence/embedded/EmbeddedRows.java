package io.holdfast.persistence.embedded;

import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.StoredRows;
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
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// [StoredRows] in the [EmbeddedStore]: reads run on its reader threads.
public final class EmbeddedRows implements StoredRows {
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final EmbeddedStore store;
  private final RowCodec codec;
  private final Executor blocking;

  public EmbeddedRows(EmbeddedStore store, ActorSystem system) {
    this.store = store;
    this.codec = new RowCodec(system);
    this.blocking = system.dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId());
  }

  /** A fault of RocksDB on its way through code that knows no RocksDB. */
  private static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1;

    final transient RocksDBException cause;

    Broken(RocksDBException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  @Override
  public <T> CompletableFuture<T> read(String persistenceId, Read<T> read) {
    return store.read(
        persistenceId,
        tables -> {
          try {
            return read.from(new Rows(tables, persistenceId));
          } catch (Broken e) {
            throw e.cause;
          }
        });
  }

  @Override
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
    return CompletableFuture.runAsync(
        () -> store.chunks().collect(persistenceId, () -> codec.images(store, persistenceId)),
        blocking);
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

  @Override
  public long chunkCount() {
    return store.chunkRows().count();
  }

  @Override
  public CompletableFuture<List<String>> ids(
      String prefix, int moreChars, Optional<String> after, int max) {
    byte[] first = RowKey.of(prefix + "\0".repeat(moreChars), 0);
    byte[] start = after.isPresent() ? RowKey.after(after.get(), Long.MAX_VALUE) : first;
    byte[] end = RowKey.of(prefix + "\u007f".repeat(moreChars), Long.MAX_VALUE);
    return store.read(prefix, tables -> ids(tables, start, end, max));
  }

  @Override
  public CompletableFuture<List<String>> ids(Optional<String> after, int max) {
    return store.read("", tables -> idsAfter(tables, after, max));
  }

  static List<String> idsAfter(Tables tables, Optional<String> after, int max)
      throws RocksDBException {
    byte[] start = after.map(id -> RowKey.after(id, Long.MAX_VALUE)).orElse(new byte[0]);
    byte[] end = {-1, -1, -1};
    return ids(tables, start, end, max);
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

  @Override
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

  private final class Rows implements View {
    private final Tables tables;
    private final String id;

    Rows(Tables tables, String id) {
      this.tables = tables;
      this.id = id;
    }

    @Override
    public Optional<SnapshotMark> snapshotUpTo(long sequenceNr) {
      return scan(
          tables.snapshots(),
          0,
          sequenceNr,
          rows -> {
            rows.seekToLast();
            return mark(rows);
          });
    }

    @Override
    public Optional<SnapshotMark> snapshotFrom(long sequenceNr) {
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

    @Override
    public Optional<Object> snapshot(long sequenceNr) {
      byte[] key = RowKey.of(id, sequenceNr);
      byte[] value = get(tables.snapshots(), key);
      if (value == null) {
        return Optional.empty();
      }
      Object content = codec.snapshot(id, sequenceNr, value).snapshot();
      if (!(content instanceof ImageSnapshot image) || image.chunks().isEmpty()) {
        return Optional.of(content);
      }
      ImageSnapshot attached = store.chunks().attached(id, image);
      // Deleted meanwhile, its chunks may have gone before they were held.
      return get(tables.snapshots(), key) == null ? Optional.empty() : Optional.of(attached);
    }

    @Override
    public void events(long from, EventVisitor visitor) {
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

    @Override
    public Optional<Object> event(long sequenceNr) {
      byte[] value = get(tables.events(), RowKey.of(id, sequenceNr));
      return value == null
          ? Optional.empty()
          : Optional.of(codec.event(id, sequenceNr, value).payload());
    }

    @Override
    public OptionalLong firstEvent() {
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

    @Override
    public long eventBytes(long from, long to, long enough) {
      return scan(tables.events(), from, to, rows -> bytes(rows, enough));
    }

    @Override
    public Size size(long enough) {
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

    @Override
    public OptionalLong alarm(String objectKey) {
      try {
        return AlarmTable.of(tables, objectKey);
      } catch (RocksDBException e) {
        throw new Broken(e);
      }
    }

    private <T> T scan(ColumnFamilyHandle table, long from, long to, Tables.Scan<T> scan) {
      try {
        return tables.scan(table, RowKey.of(id, from), RowKey.after(id, to), scan);
      } catch (RocksDBException e) {
        throw new Broken(e);
      }
    }

    private byte @Nullable [] get(ColumnFamilyHandle table, byte[] key) {
      try {
        return tables.get(table, key);
      } catch (RocksDBException e) {
        throw new Broken(e);
      }
    }
  }
}
