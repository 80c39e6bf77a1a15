package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.zstd.ZstdFrames;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// A content as it lies in the blob store: `form, length in four bytes`, then the bytes, zstd when
/// that is smaller.
final class PieceCodec {
  /// Bytes of the largest content.
  static final int CONTENT_MAX = 4 << 20;

  private static final int HEAD = 5;
  private static final byte PLAIN = 0;
  private static final byte ZSTD = 1;

  private PieceCodec() {}

  static byte[] encode(byte[] content, int offset, int length) {
    byte[] raw = Arrays.copyOfRange(content, offset, offset + length);
    byte[] frame = ZstdFrames.frameFor(length);
    int compressed = ZstdFrames.compress(raw, length, frame);
    boolean smaller = compressed < length;
    return ByteBuffer.allocate(HEAD + (smaller ? compressed : length))
        .put(smaller ? ZSTD : PLAIN)
        .putInt(length)
        .put(smaller ? frame : raw, 0, smaller ? compressed : length)
        .array();
  }

  /// The content of that name.
  ///
  /// @throws HoldfastException `storage_corrupt` when the bytes are not that
  static byte[] decode(BlobId id, byte[] blob) {
    if (blob.length < HEAD) {
      throw corrupt(id, blob.length + " bytes");
    }
    ByteBuffer head = ByteBuffer.wrap(blob);
    byte form = head.get();
    int length = head.getInt();
    if (length < 0 || length > CONTENT_MAX) {
      throw corrupt(id, "a length of " + length);
    }
    byte[] content = new byte[length];
    switch (form) {
      case PLAIN -> {
        if (blob.length != HEAD + length) {
          throw corrupt(id, (blob.length - HEAD) + " bytes");
        }
        head.get(content);
      }
      case ZSTD -> ZstdFrames.decompress(blob, HEAD, blob.length - HEAD, content);
      default -> throw corrupt(id, "form " + form);
    }
    if (!BlobId.of(content).equals(id)) {
      throw corrupt(id, "other content");
    }
    return content;
  }

  private static HoldfastException corrupt(BlobId id, String found) {
    return new HoldfastException(
        ErrorCode.STORAGE_CORRUPT,
        "expected the content of blob %s, found %s".formatted(id.hex(), found));
  }
}
