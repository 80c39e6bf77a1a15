package io.holdfast.persistence.pg1;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Compression of bodies.
final class ZstdFrames {
  /// Level 1: on page deltas, higher levels gain a few percent for a multiple of the time.
  private static final int LEVEL = 1;

  private ZstdFrames() {}

  /// The first `length` bytes of `raw` compressed, or null when that is not smaller.
  static byte @Nullable [] compressed(byte[] raw, int length) {
    byte[] frame = new byte[Math.toIntExact(Zstd.compressBound(length))];
    long size = Zstd.compressByteArray(frame, 0, frame.length, raw, 0, length, LEVEL);
    if (Zstd.isError(size)) {
      throw new HoldfastException(
          ErrorCode.STORAGE_FAILED, "zstd compress: " + Zstd.getErrorName(size));
    }
    return size < length ? Arrays.copyOf(frame, (int) size) : null;
  }

  /// Fills `raw`; anything else than exactly its length is `storage_corrupt`.
  static void decompress(byte[] frame, int at, int length, byte[] raw) {
    long size;
    try {
      size = Zstd.decompressByteArray(raw, 0, raw.length, frame, at, length);
    } catch (ZstdException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT, "expected a zstd frame, found: " + e.getMessage(), e);
    }
    if (size != raw.length) {
      String found = Zstd.isError(size) ? Zstd.getErrorName(size) : size + " bytes";
      throw ByteCursor.corrupt("expected " + raw.length + " zstd bytes, found " + found);
    }
  }
}
