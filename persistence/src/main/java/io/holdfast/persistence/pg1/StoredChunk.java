package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.zstd.ZstdFrames;
import java.util.Arrays;

/// A chunk as it is stored: `version flags rawLength body crc32c:4`, the body compressed unless
/// that does not make it smaller.
public record StoredChunk(int chunkNo, ChunkMap.Version version, byte[] bytes) {
  private static final int VERSION = 1;
  private static final int ZSTD = 1;

  /// Compresses a chunk of the image.
  static StoredChunk of(DatabaseImage image, int chunkNo, ChunkMap.Version version) {
    byte[] raw = joined(image, chunkNo);
    byte[] frame = ZstdFrames.frameFor(raw.length);
    int size = ZstdFrames.compress(raw, raw.length, frame);
    boolean smaller = size < raw.length;
    ByteSink sink = new ByteSink((smaller ? size : raw.length) + 16);
    sink.oneByte(VERSION);
    sink.oneByte(smaller ? ZSTD : 0);
    sink.varint(raw.length);
    sink.copy(smaller ? frame : raw, 0, smaller ? size : raw.length);
    byte[] bytes = new byte[sink.size() + Crc.BYTES];
    System.arraycopy(sink.array(), 0, bytes, 0, sink.size());
    Crc.seal(bytes);
    return new StoredChunk(chunkNo, version, bytes);
  }

  private static byte[] joined(DatabaseImage image, int chunkNo) {
    long start = (long) chunkNo * ChunkMap.CHUNK_BYTES;
    int length = (int) Math.min(ChunkMap.CHUNK_BYTES, image.sizeBytes() - start);
    byte[] raw = new byte[length];
    for (int at = 0; at < length; at += image.pageSize()) {
      DatabaseImage.Page page = image.page((int) ((start + at) / image.pageSize()) + 1);
      System.arraycopy(page.bytes(), page.at(), raw, at, image.pageSize());
    }
    return raw;
  }

  /// The chunk's part of the image, filled up with zeros.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when the bytes are none
  static byte[] raw(byte[] bytes) {
    ByteCursor from = new ByteCursor(bytes, 0, Crc.verified("chunk", bytes));
    int version = from.unsignedByte();
    int flags = from.unsignedByte();
    if (version != VERSION || (flags & ~ZSTD) != 0) {
      throw ByteCursor.corrupt("expected a chunk of version 1, found version " + version);
    }
    byte[] raw = new byte[from.varint("length of a chunk", ChunkMap.CHUNK_BYTES)];
    if (flags == ZSTD) {
      ZstdFrames.decompress(bytes, from.position(), from.remaining(), raw);
    } else {
      from.copyTo(raw, 0, raw.length);
    }
    return raw.length == ChunkMap.CHUNK_BYTES ? raw : Arrays.copyOf(raw, ChunkMap.CHUNK_BYTES);
  }
}
