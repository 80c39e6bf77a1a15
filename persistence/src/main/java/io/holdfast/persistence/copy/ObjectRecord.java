package io.holdfast.persistence.copy;

import io.holdfast.persistence.store.ChunkRows;

/// Something that is stored of an object, as its bytes are. The records of one object follow one
/// another, [Begin] first, its chunks before its snapshots, its events in their order.
public sealed interface ObjectRecord {
  /// The id of the object in the journal.
  String persistenceId();

  /// The key of the object: `app.namespace/<64 hex digits>`.
  default String objectKey() {
    return objectKey(persistenceId());
  }

  /// The key of the object of that id, which [io.holdfast.persistence.writer.ObjectWriter] gave it.
  static String objectKey(String persistenceId) {
    return persistenceId.substring(persistenceId.indexOf('|') + 1);
  }

  /// What a serializer of Pekko has written.
  record Payload(int serializerId, String manifest, byte[] bytes) {}

  /// An object.
  ///
  /// @param deletedTo the number up to which events were deleted, 0 when none were
  record Begin(String persistenceId, long deletedTo) implements ObjectRecord {}

  /// A chunk of a large snapshot.
  record Chunk(String persistenceId, ChunkRows.Key key, byte[] bytes) implements ObjectRecord {}

  /// @param sequenceNr the number of the last event in it
  /// @param timestamp when it was saved, in epoch milliseconds
  record Snapshot(String persistenceId, long sequenceNr, long timestamp, Payload state)
      implements ObjectRecord {}

  /// @param sequenceNr its number in the journal, from 1
  /// @param timestamp when it was stored, in epoch milliseconds
  /// @param writer the incarnation that has written it
  /// @param adapter the manifest of an event adapter, mostly empty
  record Event(
      String persistenceId,
      long sequenceNr,
      long timestamp,
      String writer,
      String adapter,
      Payload payload)
      implements ObjectRecord {}

  /// The object's alarm.
  ///
  /// @param atMillis when it is due, in epoch milliseconds
  record Alarm(String persistenceId, long atMillis) implements ObjectRecord {}
}
