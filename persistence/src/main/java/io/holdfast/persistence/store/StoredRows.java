package io.holdfast.persistence.store;

import io.holdfast.persistence.pg1.ImageSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// What is stored, for those who look at it beside the writers: histories, lists, and the deletion
/// of what is old.
///
/// A read sees all writes of the same id that were submitted on this node before. Futures fail with
/// a [io.holdfast.sdk.HoldfastException]. Thread-safe.
public interface StoredRows {
  /// What to read; may block on the store, and must return soon, for it can hold one of few
  /// threads.
  @FunctionalInterface
  interface Read<T> {
    T from(View view);
  }

  /// Sees events in their order.
  @FunctionalInterface
  interface EventVisitor {
    /// @return whether to go on with the next event
    boolean event(long sequenceNr, Object payload, int bytes);
  }

  /// A snapshot, without its content.
  ///
  /// @param timestamp when it was saved, by the clock of Pekko's snapshot store
  /// @param bytes the size of its row
  record SnapshotMark(long sequenceNr, long timestamp, int bytes) {}

  /// How much is stored of an id.
  ///
  /// @param exact whether the number is exact; otherwise there is more
  record Size(long bytes, boolean exact) {}

  /// Reads the rows of one id.
  <T> CompletableFuture<T> read(String persistenceId, Read<T> read);

  /// Deletes all events up to a number, and snapshots; durable when the future completes.
  CompletableFuture<Void> delete(String persistenceId, long eventsTo, List<Long> snapshotNumbers);

  /// How many chunks of large objects are stored in all; blocks while it walks over them.
  long chunkCount();

  /// The ids of which anything is stored that begin with a text and have as many characters more,
  /// in order, after one of them.
  ///
  /// @param after an id, or empty for the first ones
  CompletableFuture<List<String>> ids(
      String prefix, int moreChars, Optional<String> after, int max);

  /// The ids of which anything is stored, in order, after one of them.
  ///
  /// @param after an id, or empty for the first ones
  CompletableFuture<List<String>> ids(Optional<String> after, int max);

  /// Stores a snapshot beside those of the object's writer; durable when the future completes.
  ///
  /// @param sequenceNr the number of the last event in it
  CompletableFuture<Void> saveSnapshot(
      String persistenceId, long sequenceNr, long timestampMillis, ImageSnapshot snapshot);

  /// The rows of one id during one read.
  interface View {
    /// The newest snapshot up to a number.
    Optional<SnapshotMark> snapshotUpTo(long sequenceNr);

    /// The oldest snapshot from a number on.
    Optional<SnapshotMark> snapshotFrom(long sequenceNr);

    /// The content of a snapshot, if it is stored. The chunks of a large one stay as long as it is
    /// reachable.
    Optional<Object> snapshot(long sequenceNr);

    /// Visits the events from a number on, as long as the visitor wants more.
    void events(long from, EventVisitor visitor);

    /// An event, if it is stored.
    Optional<Object> event(long sequenceNr);

    /// The number of the first event that is stored.
    OptionalLong firstEvent();

    /// Bytes of the events of a range of numbers, both inclusive; counts no further than beyond
    /// `enough`.
    long eventBytes(long from, long to, long enough);

    /// How much is stored: events and snapshots.
    ///
    /// @param enough counts no further than this
    Size size(long enough);

    /// When the alarm of an object is due, by the index.
    OptionalLong alarm(String objectKey);
  }
}
