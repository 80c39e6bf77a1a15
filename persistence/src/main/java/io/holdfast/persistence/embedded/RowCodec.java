package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;
import scala.Option;

/// The values of events and snapshots, written through Pekko's serializers.
///
/// ```
/// event     format 1 (1 byte), timestamp (8), metadata, writer (text), adapter manifest (text), payload
/// snapshot  format 1 (1 byte), timestamp (8), metadata, payload
/// metadata  0 (1 byte); or 1 (1 byte), length (4), payload
/// payload   serializer id (4), manifest (text), the rest
/// text      length (2), UTF-8
/// ```
final class RowCodec {
  /// Format and timestamp, which all rows begin with.
  static final int HEAD_BYTES = 1 + Long.BYTES;

  private static final byte FORMAT = 1;

  private final ActorSystem system;
  private final Serialization serialization;

  RowCodec(ActorSystem system) {
    this.system = system;
    serialization = SerializationExtension.get(system);
  }

  /// The row of an event; any exception means that its payload cannot be serialized.
  byte[] event(PersistentRepr event) {
    Part payload = part(untagged(event.payload()));
    Part metadata = metadata(event.metadata());
    byte[] writer = event.writerUuid().getBytes(UTF_8);
    byte[] adapter = event.manifest().getBytes(UTF_8);
    return eventRow(event.timestamp(), metadata, writer, adapter, payload);
  }

  private static byte[] eventRow(
      long timestamp, @Nullable Part metadata, byte[] writer, byte[] adapter, Part payload) {
    int texts = 2 * Short.BYTES + writer.length + adapter.length;
    ByteBuffer row = row(timestamp, metadata, texts + payload.size());
    putText(row, writer);
    putText(row, adapter);
    return payload.putInto(row).array();
  }

  /// The row of a snapshot; any exception means that its state cannot be serialized.
  byte[] snapshot(SnapshotMetadata about, Object state) {
    Part payload = part(state);
    return payload
        .putInto(row(about.timestamp(), metadata(about.metadata()), payload.size()))
        .array();
  }

  /// Reads the row of an event.
  ///
  /// @throws HoldfastException `STORAGE_CORRUPT` when the row cannot be read
  PersistentRepr event(String persistenceId, long sequenceNr, byte[] value) {
    try {
      ByteBuffer row = open(value);
      long timestamp = row.getLong();
      Object metadata = metadata(row);
      String writer = text(row);
      String adapter = text(row);
      PersistentRepr event =
          PersistentRepr.apply(
                  payload(row),
                  sequenceNr,
                  persistenceId,
                  adapter,
                  false,
                  ActorRef.noSender(),
                  writer)
              .withTimestamp(timestamp);
      return metadata == null ? event : event.withMetadata(metadata);
    } catch (Exception e) {
      throw unreadable("event", persistenceId, sequenceNr, e);
    }
  }

  /// Reads the row of a snapshot.
  ///
  /// @throws HoldfastException `STORAGE_CORRUPT` when the row cannot be read
  SelectedSnapshot snapshot(String persistenceId, long sequenceNr, byte[] value) {
    try {
      ByteBuffer row = open(value);
      long timestamp = row.getLong();
      Option<Object> metadata = Option.apply(metadata(row));
      return SelectedSnapshot.apply(
          SnapshotMetadata.apply(persistenceId, sequenceNr, timestamp, metadata),
          attached(persistenceId, payload(row)));
    } catch (Exception e) {
      throw unreadable("snapshot", persistenceId, sequenceNr, e);
    }
  }

  /// The row of an event that was copied.
  static byte[] row(ObjectRecord.Event event) {
    Part payload = Part.of(event.payload());
    byte[] writer = event.writer().getBytes(UTF_8);
    byte[] adapter = event.adapter().getBytes(UTF_8);
    return eventRow(event.timestamp(), null, writer, adapter, payload);
  }

  /// The row of a snapshot that was copied.
  static byte[] row(ObjectRecord.Snapshot snapshot) {
    Part payload = Part.of(snapshot.state());
    return payload.putInto(row(snapshot.timestamp(), null, payload.size())).array();
  }

  /// The row of an event for a copy.
  ///
  /// @throws HoldfastException `STORAGE_CORRUPT` when the row cannot be read
  static ObjectRecord.Event eventRecord(String persistenceId, long sequenceNr, byte[] value) {
    try {
      ByteBuffer row = open(value);
      long timestamp = row.getLong();
      requireNoMetadata(row);
      String writer = text(row);
      String adapter = text(row);
      return new ObjectRecord.Event(
          persistenceId, sequenceNr, timestamp, writer, adapter, stored(row));
    } catch (RuntimeException e) {
      throw unreadable("event", persistenceId, sequenceNr, e);
    }
  }

  /// The row of a snapshot for a copy.
  ///
  /// @throws HoldfastException `STORAGE_CORRUPT` when the row cannot be read
  static ObjectRecord.Snapshot snapshotRecord(String persistenceId, long sequenceNr, byte[] value) {
    try {
      ByteBuffer row = open(value);
      long timestamp = row.getLong();
      requireNoMetadata(row);
      return new ObjectRecord.Snapshot(persistenceId, sequenceNr, timestamp, stored(row));
    } catch (RuntimeException e) {
      throw unreadable("snapshot", persistenceId, sequenceNr, e);
    }
  }

  /** Objects write none. */
  private static void requireNoMetadata(ByteBuffer row) {
    if (row.get() != 0) {
      throw new IllegalArgumentException("expected no metadata, found some");
    }
  }

  /// The stored snapshots of an object, as they are: large ones cannot read their chunks. Blocks.
  List<ImageSnapshot> images(EmbeddedStore store, String persistenceId) {
    return StoredFutures.joined(
        store.read(
            persistenceId,
            tables ->
                tables.scan(
                    tables.snapshots(),
                    RowKey.of(persistenceId, 0),
                    RowKey.after(persistenceId, Long.MAX_VALUE),
                    rows -> images(persistenceId, rows))));
  }

  private List<ImageSnapshot> images(String persistenceId, RocksIterator rows) {
    List<ImageSnapshot> images = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid(); rows.next()) {
      Object state = stored(persistenceId, RowKey.sequenceNr(rows.key()), rows.value());
      if (state instanceof ImageSnapshot snapshot) {
        images.add(snapshot);
      }
    }
    return images;
  }

  /// What is in the row of a snapshot, as it is: a large one cannot read its chunks.
  private Object stored(String persistenceId, long sequenceNr, byte[] value) {
    try {
      ByteBuffer row = open(value);
      row.getLong();
      metadata(row);
      return payload(row);
    } catch (Exception e) {
      throw unreadable("snapshot", persistenceId, sequenceNr, e);
    }
  }

  /// A large snapshot has to be able to read its chunks.
  private Object attached(String persistenceId, Object payload) {
    return payload instanceof ImageSnapshot snapshot && snapshot.chunks().isPresent()
        ? EmbeddedStoreExtension.get(system).store().chunks().attached(persistenceId, snapshot)
        : payload;
  }

  /// When the row was written, from its head.
  static long timestamp(byte[] head) {
    return ByteBuffer.wrap(head).getLong(1);
  }

  /// Something serialized.
  private record Part(int serializerId, byte[] manifest, byte[] bytes) {
    static Part of(ObjectRecord.Payload payload) {
      return new Part(payload.serializerId(), payload.manifest().getBytes(UTF_8), payload.bytes());
    }

    int size() {
      return Integer.BYTES + Short.BYTES + manifest.length + bytes.length;
    }

    ByteBuffer putInto(ByteBuffer row) {
      putText(row.putInt(serializerId), manifest);
      return row.put(bytes);
    }
  }

  private Part part(Object payload) {
    Serializer serializer = serialization.findSerializerFor(payload);
    byte[] manifest = Serializers.manifestFor(serializer, payload).getBytes(UTF_8);
    return new Part(serializer.identifier(), manifest, serialization.serialize(payload).get());
  }

  private @Nullable Part metadata(Option<Object> metadata) {
    return metadata.isEmpty() ? null : part(metadata.get());
  }

  /// The event without its tags: this journal serves no queries by tag.
  static Object untagged(Object payload) {
    return payload instanceof Tagged tagged ? tagged.payload() : payload;
  }

  private static ByteBuffer row(long timestamp, @Nullable Part metadata, int more) {
    int metadataSize = metadata == null ? 1 : 1 + Integer.BYTES + metadata.size();
    ByteBuffer row = ByteBuffer.allocate(1 + Long.BYTES + metadataSize + more);
    row.put(FORMAT).putLong(timestamp);
    if (metadata == null) {
      return row.put((byte) 0);
    }
    return metadata.putInto(row.put((byte) 1).putInt(metadata.size()));
  }

  private static ByteBuffer open(byte[] value) {
    ByteBuffer row = ByteBuffer.wrap(value);
    byte format = row.get();
    if (format != FORMAT) {
      throw new IllegalArgumentException("expected row format " + FORMAT + ", found " + format);
    }
    return row;
  }

  private @Nullable Object metadata(ByteBuffer row) {
    if (row.get() == 0) {
      return null;
    }
    int length = row.getInt();
    Object metadata = payload(row.slice(row.position(), length));
    row.position(row.position() + length);
    return metadata;
  }

  /* By way of an array, as it was written: what a serializer makes of a buffer may differ, by its byte order for one. */
  private Object payload(ByteBuffer row) {
    ObjectRecord.Payload stored = stored(row);
    return serialization
        .deserialize(stored.bytes(), stored.serializerId(), stored.manifest())
        .get();
  }

  private static ObjectRecord.Payload stored(ByteBuffer row) {
    int serializerId = row.getInt();
    String manifest = text(row);
    byte[] bytes = new byte[row.remaining()];
    row.get(bytes);
    return new ObjectRecord.Payload(serializerId, manifest, bytes);
  }

  private static void putText(ByteBuffer row, byte[] text) {
    if (text.length > 0xFFFF) {
      throw new IllegalArgumentException(
          "manifest: expected at most 65535 bytes, found " + text.length);
    }
    row.putShort((short) text.length).put(text);
  }

  private static String text(ByteBuffer row) {
    int length = Short.toUnsignedInt(row.getShort());
    if (length > row.remaining()) {
      throw new BufferUnderflowException();
    }
    String text = new String(row.array(), row.arrayOffset() + row.position(), length, UTF_8);
    row.position(row.position() + length);
    return text;
  }

  private static HoldfastException unreadable(
      String kind, String persistenceId, long sequenceNr, Exception e) {
    return new HoldfastException(
        ErrorCode.STORAGE_CORRUPT,
        "%s %d of %s cannot be read: %s".formatted(kind, sequenceNr, persistenceId, e),
        e);
  }
}
