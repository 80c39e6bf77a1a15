package io.holdfast.persistence.embedded;

import io.holdfast.persistence.pg1.ImageSnapshot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import scala.concurrent.Future;

/// Pekko's snapshot store on the [EmbeddedStore]: `holdfast.persistence.embedded.snapshot-store`.
///
/// Snapshots wait in the same queue as events and are synced with them. One row per sequence
/// number: saving again replaces it.
public final class EmbeddedSnapshotStore extends SnapshotStore {
  private final EmbeddedStore store = EmbeddedStoreExtension.get(context().system()).store();
  private final RowCodec codec = new RowCodec(context().system());
  private final Executor blocking =
      context().system().dispatchers().lookup("pekko.actor.default-blocking-io-dispatcher");

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    return ScalaFutures.of(
        scan(persistenceId, criteria, rows -> newest(persistenceId, rows, criteria)));
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object state) {
    return state instanceof ImageSnapshot snapshot && snapshot.chunks().isPresent()
        ? ScalaFutures.of(CompletableFuture.runAsync(() -> save(metadata, snapshot), blocking))
        : ScalaFutures.of(saveRow(metadata, state));
  }

  private CompletableFuture<Void> saveRow(SnapshotMetadata metadata, Object state) {
    String persistenceId = metadata.persistenceId();
    byte[] key = RowKey.of(persistenceId, metadata.sequenceNr());
    byte[] value = codec.snapshot(metadata, state);
    return store.write(
        persistenceId, key.length + value.length, group -> group.putSnapshot(key, value));
  }

  private void save(SnapshotMetadata metadata, ImageSnapshot snapshot) {
    String persistenceId = metadata.persistenceId();
    store.chunks().store(persistenceId, snapshot, () -> saveRow(metadata, snapshot));
    store.chunks().release(persistenceId, snapshot);
    // Snapshots may also be deleted past this store, so each new one cleans up.
    collect(persistenceId);
  }

  private void collect(String persistenceId) {
    store.chunks().collect(persistenceId, () -> codec.images(store, persistenceId));
  }

  /// Deletes one snapshot; a timestamp of 0 means whatever its time.
  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    long number = metadata.sequenceNr();
    long time = metadata.timestamp();
    SnapshotSelectionCriteria one =
        SnapshotSelectionCriteria.create(number, time == 0 ? Long.MAX_VALUE : time, number, time);
    return doDeleteAsync(metadata.persistenceId(), one);
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return ScalaFutures.of(
        scan(persistenceId, criteria, rows -> keys(rows, criteria))
            .thenCompose(keys -> delete(persistenceId, keys))
            .thenRunAsync(() -> collect(persistenceId), blocking));
  }

  private Optional<SelectedSnapshot> newest(
      String persistenceId, RocksIterator rows, SnapshotSelectionCriteria criteria) {
    rows.seekToLast();
    while (rows.isValid() && !matches(rows, criteria)) {
      rows.prev();
    }
    return rows.isValid()
        ? Optional.of(codec.snapshot(persistenceId, RowKey.sequenceNr(rows.key()), rows.value()))
        : Optional.empty();
  }

  private CompletableFuture<Void> delete(String persistenceId, List<byte[]> keys) {
    int bytes = keys.stream().mapToInt(key -> key.length).sum();
    return store.write(persistenceId, bytes, group -> deleteAll(group, keys));
  }

  private static void deleteAll(Group group, List<byte[]> keys) throws RocksDBException {
    for (byte[] key : keys) {
      group.deleteSnapshot(key);
    }
  }

  private static List<byte[]> keys(RocksIterator rows, SnapshotSelectionCriteria criteria) {
    List<byte[]> keys = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid(); rows.next()) {
      if (matches(rows, criteria)) {
        keys.add(rows.key());
      }
    }
    return keys;
  }

  private <T> CompletableFuture<T> scan(
      String persistenceId, SnapshotSelectionCriteria criteria, Tables.Scan<T> scan) {
    byte[] start = RowKey.of(persistenceId, Math.max(0, criteria.minSequenceNr()));
    byte[] end = RowKey.after(persistenceId, criteria.maxSequenceNr());
    return store.read(persistenceId, tables -> tables.scan(tables.snapshots(), start, end, scan));
  }

  /* Numbers are matched by the bounds of the scan. Only the head of the row is copied out of RocksDB. */
  private static boolean matches(RocksIterator rows, SnapshotSelectionCriteria criteria) {
    ByteBuffer head = ByteBuffer.allocate(RowCodec.HEAD_BYTES);
    rows.value(head);
    long timestamp = RowCodec.timestamp(head.array());
    return criteria.minTimestamp() <= timestamp && timestamp <= criteria.maxTimestamp();
  }
}
