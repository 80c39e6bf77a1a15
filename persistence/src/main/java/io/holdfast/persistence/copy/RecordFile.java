package io.holdfast.persistence.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.WRITE;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.copy.ObjectRecord.Alarm;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Chunk;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Payload;
import io.holdfast.persistence.copy.ObjectRecord.Snapshot;
import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.store.ChunkRows;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The file that a store is exported to.
///
/// ```
/// file     "HOLDFAST DATA 1\n", then one zstd frame with a checksum
/// frame    records, an end
/// record   kind (1 byte), its fields: numbers big-endian, text as length (2) and UTF-8, bytes as length (4) and bytes
/// end      0 (1 byte), how many records there are (8)
/// ```
final class RecordFile {
  private static final byte[] MAGIC = "HOLDFAST DATA 1\n".getBytes(US_ASCII);
  private static final int BUFFER_BYTES = 1 << 16;

  /** No record of ours has more. */
  private static final int BYTES_MAX = 1 << 30;

  private static final int END = 0;
  private static final int BEGIN = 1;
  private static final int CHUNK = 2;
  private static final int SNAPSHOT = 3;
  private static final int EVENT = 4;
  private static final int ALARM = 5;
  private static final int REFERENCE = 6;
  private static final int BLOB = 7;

  private final Path path;

  RecordFile(Path path) {
    this.path = path;
  }

  /// What a file tells.
  interface Visitor {
    void object(ObjectRecord record) throws IOException;

    /// A row of the index of archives.
    void reference(String key, byte[] row) throws IOException;

    void blob(BlobId id, byte[] bytes) throws IOException;
  }

  /// Tells records to the visitor.
  interface Content {
    void tell(Visitor visitor) throws IOException;
  }

  /// Writes a new file, whole or not at all.
  ///
  /// @throws HoldfastException `invalid_argument` when there is one already; `storage_failed`
  void write(Content content) {
    if (Files.exists(path)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected no file at %s, found one".formatted(path));
    }
    Path unfinished = path.resolveSibling(path.getFileName() + ".unfinished");
    try {
      write(unfinished, content);
      try (FileChannel channel = FileChannel.open(unfinished, WRITE)) {
        channel.force(true);
      }
      Files.move(unfinished, path);
    } catch (IOException e) {
      throw failed("could not be written", e);
    } finally {
      deleteIfThere(unfinished);
    }
  }

  private static void write(Path file, Content content) throws IOException {
    try (var bytes = new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES)) {
      bytes.write(MAGIC);
      try (var frame = new ZstdOutputStream(bytes).setChecksum(true)) {
        Writing writing = new Writing(new DataOutputStream(new BufferedOutputStream(frame)));
        content.tell(writing);
        writing.end();
      }
    }
  }

  private void deleteIfThere(Path unfinished) {
    try {
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      throw failed("left %s behind".formatted(unfinished.getFileName()), e);
    }
  }

  /// Reads all of the file.
  ///
  /// @throws HoldfastException `invalid_argument` when it is no such file or not whole;
  ///   `storage_failed` when it cannot be read; what the visitor throws
  void read(Visitor visitor) {
    try (var file = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES)) {
      byte[] magic = file.readNBytes(MAGIC.length);
      if (!Arrays.equals(magic, MAGIC)) {
        throw unfit("found something else", null);
      }
      readFrame(file, visitor);
    } catch (IOException e) {
      throw failed("could not be read", e);
    }
  }

  private void readFrame(BufferedInputStream file, Visitor visitor) throws IOException {
    try (var in = new DataInputStream(new BufferedInputStream(new ZstdInputStream(file)))) {
      long count = 0;
      int kind = in.readUnsignedByte();
      while (kind != END) {
        read(kind, in, visitor);
        count++;
        kind = in.readUnsignedByte();
      }
      long stated = in.readLong();
      // The checksum of the frame lies behind the last byte of its content.
      if (stated != count || in.read() >= 0) {
        throw unfit("found one of %d records that says it has %d".formatted(count, stated), null);
      }
    } catch (EOFException e) {
      throw unfit("found one that ends too soon", e);
    } catch (ZstdIOException e) {
      throw unfit("found one that is damaged: " + e.getMessage(), e);
    }
  }

  private void read(int kind, DataInputStream in, Visitor visitor) throws IOException {
    switch (kind) {
      case BEGIN -> visitor.object(new Begin(in.readUTF(), in.readLong()));
      case CHUNK -> visitor.object(new Chunk(in.readUTF(), key(in), bytes(in)));
      case SNAPSHOT ->
          visitor.object(new Snapshot(in.readUTF(), in.readLong(), in.readLong(), payload(in)));
      case EVENT ->
          visitor.object(
              new Event(
                  in.readUTF(),
                  in.readLong(),
                  in.readLong(),
                  in.readUTF(),
                  in.readUTF(),
                  payload(in)));
      case ALARM -> visitor.object(new Alarm(in.readUTF(), in.readLong()));
      case REFERENCE -> visitor.reference(in.readUTF(), bytes(in));
      case BLOB -> visitor.blob(BlobId.parse(in.readUTF()), bytes(in));
      default -> throw unfit("found one with a record of kind " + kind, null);
    }
  }

  private static ChunkRows.Key key(DataInputStream in) throws IOException {
    return new ChunkRows.Key(in.readInt(), new ChunkMap.Version(in.readLong(), in.readLong()));
  }

  private Payload payload(DataInputStream in) throws IOException {
    return new Payload(in.readInt(), in.readUTF(), bytes(in));
  }

  private byte[] bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > BYTES_MAX) {
      throw unfit("found one with a record of %d bytes".formatted(length), null);
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  private HoldfastException unfit(String found, @Nullable Throwable why) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "%s: expected a file that `holdfast data export` of this version has made, %s"
            .formatted(path, found),
        why);
  }

  private HoldfastException failed(String what, IOException why) {
    return new HoldfastException(
        ErrorCode.STORAGE_FAILED, "%s %s: %s".formatted(path, what, why), why);
  }

  private static final class Writing implements Visitor {
    private final DataOutputStream out;
    private long count;

    Writing(DataOutputStream out) {
      this.out = out;
    }

    private void begin(int kind, String name) throws IOException {
      out.writeByte(kind);
      out.writeUTF(name);
      count++;
    }

    private void bytes(byte[] bytes) throws IOException {
      out.writeInt(bytes.length);
      out.write(bytes);
    }

    private void payload(Payload payload) throws IOException {
      out.writeInt(payload.serializerId());
      out.writeUTF(payload.manifest());
      bytes(payload.bytes());
    }

    @Override
    public void object(ObjectRecord record) throws IOException {
      switch (record) {
        case Begin begin -> {
          begin(BEGIN, begin.persistenceId());
          out.writeLong(begin.deletedTo());
        }
        case Chunk chunk -> {
          begin(CHUNK, chunk.persistenceId());
          out.writeInt(chunk.key().chunkNo());
          out.writeLong(chunk.key().version().txSeq());
          out.writeLong(chunk.key().version().epoch());
          bytes(chunk.bytes());
        }
        case Snapshot snapshot -> {
          begin(SNAPSHOT, snapshot.persistenceId());
          out.writeLong(snapshot.sequenceNr());
          out.writeLong(snapshot.timestamp());
          payload(snapshot.state());
        }
        case Event event -> {
          begin(EVENT, event.persistenceId());
          out.writeLong(event.sequenceNr());
          out.writeLong(event.timestamp());
          out.writeUTF(event.writer());
          out.writeUTF(event.adapter());
          payload(event.payload());
        }
        case Alarm alarm -> {
          begin(ALARM, alarm.persistenceId());
          out.writeLong(alarm.atMillis());
        }
      }
    }

    @Override
    public void reference(String key, byte[] row) throws IOException {
      begin(REFERENCE, key);
      bytes(row);
    }

    @Override
    public void blob(BlobId id, byte[] bytes) throws IOException {
      begin(BLOB, id.hex());
      bytes(bytes);
    }

    void end() throws IOException {
      out.writeByte(END);
      out.writeLong(count);
      out.flush();
    }
  }
}
