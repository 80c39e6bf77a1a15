package io.holdfast.persistence.zstd;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.ArrayBlockingQueue;

/// Compression of bodies. Thread-safe.
///
/// Contexts are native memory and take 8-10 µs to make, more than compressing 1 KB with one that is
/// there; so a few are kept.
public final class ZstdFrames {
  /// Levels up to 3 differ by 1-3 % in size on page deltas.
  private static final int LEVEL = 1;

  private static final int CONTEXTS_MAX = 2 * Runtime.getRuntime().availableProcessors();
  private static final ArrayBlockingQueue<ZstdCompressCtx> COMPRESSORS =
      new ArrayBlockingQueue<>(CONTEXTS_MAX);
  private static final ArrayBlockingQueue<ZstdDecompressCtx> DECOMPRESSORS =
      new ArrayBlockingQueue<>(CONTEXTS_MAX);

  private ZstdFrames() {}

  /// An array that has room for `length` compressed bytes, whatever they are.
  public static byte[] frameFor(int length) {
    return new byte[Math.toIntExact(Zstd.compressBound(length))];
  }

  /// Compresses the first `length` bytes of `raw` into `frame` and says how many those are.
  public static int compress(byte[] raw, int length, byte[] frame) {
    ZstdCompressCtx kept = COMPRESSORS.poll();
    ZstdCompressCtx context = kept == null ? new ZstdCompressCtx().setLevel(LEVEL) : kept;
    try {
      return context.compressByteArray(frame, 0, frame.length, raw, 0, length);
    } catch (ZstdException e) {
      throw new HoldfastException(ErrorCode.STORAGE_FAILED, "zstd: " + e.getMessage(), e);
    } finally {
      if (!COMPRESSORS.offer(context)) {
        context.close();
      }
    }
  }

  /// Fills `raw`; anything else than exactly its length is `storage_corrupt`.
  public static void decompress(byte[] frame, int at, int length, byte[] raw) {
    ZstdDecompressCtx kept = DECOMPRESSORS.poll();
    ZstdDecompressCtx context = kept == null ? new ZstdDecompressCtx() : kept;
    try {
      int size = context.decompressByteArray(raw, 0, raw.length, frame, at, length);
      if (size != raw.length) {
        throw new HoldfastException(
            ErrorCode.STORAGE_CORRUPT,
            "expected a body of " + raw.length + " bytes, found " + size + " after zstd");
      }
    } catch (ZstdException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT, "expected a zstd frame, found: " + e.getMessage(), e);
    } finally {
      if (!DECOMPRESSORS.offer(context)) {
        context.close();
      }
    }
  }
}
