package io.holdfast.persistence.writer;

import com.typesafe.config.Config;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.DeleteSnapshotsFailure;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SaveSnapshotFailure;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;

/// Compresses an image and saves it, beside the actor.
///
/// `EventSourcedBehavior` could save snapshots itself, but it acknowledges the event that triggers
/// one only after the snapshot is saved, compresses on the actor's thread, takes none without an
/// event, and deletes old ones by a fixed count of events. So this talks to the snapshot store's
/// actor as `EventSourcedBehavior` does. Pekko calls these messages internal; they have been the
/// same since Akka 2.3.
final class SnapshotSaver {
  /// Above the store's own timeout.
  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(660);

  private final ActorRef store;
  private final Executor executor;
  private final String persistenceId;
  private final InstantSource clock;
  private final SnapshotTrim trim;
  private final boolean inChunks;

  SnapshotSaver(
      ActorSystem<?> system,
      String pluginId,
      String persistenceId,
      InstantSource clock,
      SnapshotTrim trim) {
    Persistence persistence = Persistence.get(Adapter.toClassic(system));
    this.store = persistence.snapshotStoreFor(pluginId, persistence.snapshotStoreFor$default$2());
    this.executor = system.dispatchers().lookup(DispatcherSelector.blocking());
    this.persistenceId = persistenceId;
    this.clock = clock;
    this.trim = trim;
    this.inChunks = keepsChunks(system, pluginId);
  }

  /// Whether the store keeps chunks beside snapshots: `chunks = on` in its settings.
  private static boolean keepsChunks(ActorSystem<?> system, String pluginId) {
    Config root = system.settings().config();
    String id =
        pluginId.isEmpty() ? root.getString("pekko.persistence.snapshot-store.plugin") : pluginId;
    String key = id + ".chunks";
    return !id.isEmpty() && root.hasPath(key) && root.getBoolean(key);
  }

  boolean inChunks() {
    return inChunks;
  }

  /// Saves a snapshot, then has old ones deleted.
  ///
  /// @param sequenceNr the journal's number of the last event in the snapshot
  /// @param previousSequenceNr that of the snapshot before, 0 if there is none
  /// @return the snapshot
  CompletionStage<ImageSnapshot> save(
      DatabaseImage image,
      ImageSnapshot.Header header,
      StoredObject.StoredChunks stored,
      long sequenceNr,
      long previousSequenceNr) {
    return CompletableFuture.supplyAsync(() -> snapshot(image, header, stored), executor)
        .thenCompose(snapshot ->
            save(snapshot, sequenceNr)
                .thenCompose(
                    _ -> trim.afterSnapshot(persistenceId, previousSequenceNr, this::deleteBefore))
                .thenApply(_ -> snapshot));
  }

  private ImageSnapshot snapshot(
      DatabaseImage image, ImageSnapshot.Header header, StoredObject.StoredChunks stored) {
    return inChunks
        ? ImageSnapshot.of(image, header, stored.map(), stored.dirty())
        : ImageSnapshot.of(image, header);
  }

  private CompletionStage<Object> save(ImageSnapshot snapshot, long sequenceNr) {
    SnapshotMetadata metadata = new SnapshotMetadata(persistenceId, sequenceNr, clock.millis());
    return ask(new SnapshotProtocol.SaveSnapshot(metadata, snapshot));
  }

  private CompletionStage<?> deleteBefore(long sequenceNr) {
    return sequenceNr <= 1
        ? CompletableFuture.completedStage("nothing to delete")
        : ask(
            new SnapshotProtocol.DeleteSnapshots(
                persistenceId, SnapshotSelectionCriteria.create(sequenceNr - 1, Long.MAX_VALUE)));
  }

  private CompletionStage<Object> ask(Object request) {
    return Patterns.ask(store, request, REPLY_TIMEOUT).thenApply(SnapshotSaver::checked);
  }

  private static Object checked(Object reply) {
    if (reply instanceof SaveSnapshotFailure failure) {
      throw failed("save", failure.cause());
    }
    if (reply instanceof DeleteSnapshotsFailure failure) {
      throw failed("delete", failure.cause());
    }
    return reply;
  }

  private static HoldfastException failed(String verb, Throwable cause) {
    return new HoldfastException(
        ErrorCode.STORAGE_FAILED, "cannot " + verb + " a snapshot: " + cause.getMessage(), cause);
  }
}
