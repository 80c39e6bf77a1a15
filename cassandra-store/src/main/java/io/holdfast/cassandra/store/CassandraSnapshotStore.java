package io.holdfast.cassandra.store;

import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/// Pekko's snapshot store on [CassandraStore]: `holdfast.persistence.cassandra.snapshot-store`.
/// Large snapshots are kept in chunks.
public final class CassandraSnapshotStore extends SnapshotStore {
  private final CassandraStore store = CassandraStore.get(context().system());
  private final Executor blocking =
      context().system().dispatchers().lookup("pekko.actor.default-blocking-io-dispatcher");

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    ObjectTables in = store.tables(persistenceId);
    return FutureConverters.asScala(
        in.snapshots()
            .newest(
                persistenceId,
                Math.max(0, criteria.minSequenceNr()),
                criteria.maxSequenceNr(),
                mark -> matches(mark, criteria))
            .thenCompose(mark ->
                mark.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : load(in, persistenceId, mark.get())));
  }

  private static CompletableFuture<Optional<SelectedSnapshot>> load(
      ObjectTables in, String persistenceId, SnapshotMark mark) {
    return in.snapshots()
        .content(persistenceId, mark.sequenceNr())
        .thenApply(content ->
            content.map(state ->
                SelectedSnapshot.create(
                    new SnapshotMetadata(persistenceId, mark.sequenceNr(), mark.timestamp()),
                    state instanceof ImageSnapshot image
                        ? in.chunks().attached(persistenceId, image)
                        : state)));
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object state) {
    return FutureConverters.asScala(
        state instanceof ImageSnapshot image && image.chunks().isPresent()
            ? CompletableFuture.runAsync(() -> save(metadata, image), blocking)
            : saveRow(metadata, state));
  }

  private void save(SnapshotMetadata metadata, ImageSnapshot image) {
    String persistenceId = metadata.persistenceId();
    ObjectTables in = store.tables(persistenceId);
    in.chunks().store(persistenceId, image, () -> saveRow(metadata, image));
    in.chunks().release(persistenceId, image);
    // Snapshots may also be deleted past this store, so each new one cleans up.
    in.collectChunks(persistenceId);
  }

  private CompletableFuture<Void> saveRow(SnapshotMetadata metadata, Object state) {
    String persistenceId = metadata.persistenceId();
    return store
        .tables(persistenceId)
        .snapshots()
        .save(persistenceId, metadata.sequenceNr(), metadata.timestamp(), state);
  }

  /// Deletes one snapshot; a timestamp of 0 means whatever its time.
  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    long number = metadata.sequenceNr();
    long time = metadata.timestamp();
    return doDeleteAsync(
        metadata.persistenceId(),
        SnapshotSelectionCriteria.create(number, time == 0 ? Long.MAX_VALUE : time, number, time));
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return FutureConverters.asScala(
        CompletableFuture.runAsync(() -> delete(persistenceId, criteria), blocking));
  }

  private void delete(String persistenceId, SnapshotSelectionCriteria criteria) {
    ObjectTables in = store.tables(persistenceId);
    List<Long> numbers =
        in
            .snapshots()
            .marks(persistenceId, Math.max(0, criteria.minSequenceNr()), criteria.maxSequenceNr())
            .stream()
            .filter(mark -> matches(mark, criteria))
            .map(SnapshotMark::sequenceNr)
            .toList();
    in.snapshots().delete(persistenceId, numbers);
    in.collectChunks(persistenceId);
  }

  private static boolean matches(SnapshotMark mark, SnapshotSelectionCriteria criteria) {
    return criteria.minTimestamp() <= mark.timestamp()
        && mark.timestamp() <= criteria.maxTimestamp();
  }
}
