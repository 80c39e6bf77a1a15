package io.holdfast.persistence.archive;

import java.util.SplittableRandom;

/*
 * Content-defined chunking with a gear hash, in the normalized form of "FastCDC" (Xia et al., USENIX ATC 2016): up to the
 * average size a cut is four times less likely than beyond it, which keeps sizes close to the average. Where a cut falls
 * depends only on the 64 bytes before it, so an insertion moves the cuts around it and no others.
 */
/// Cuts large contents into pieces whose borders move with the content. The borders decide what is
/// stored once: never change the numbers.
final class Chunker {
  static final int SIZE_MIN = 256 << 10;
  static final int SIZE_AVERAGE = 1 << 20;
  static final int SIZE_MAX = 4 << 20;

  private static final long SEED = 0x686f6c6466617374L;
  private static final long STRICT = mask(22);
  private static final long LOOSE = mask(18);
  private static final long[] GEAR = new SplittableRandom(SEED).longs(256).toArray();

  private Chunker() {}

  /** The high bits depend on the most bytes. */
  private static long mask(int bits) {
    return -1L << (Long.SIZE - bits);
  }

  /// Where the first piece of these bytes ends, from the offset; all of them when there are fewer
  /// than [#SIZE_MAX] and no border is among them.
  static int cut(byte[] bytes, int offset, int length) {
    int end = offset + Math.min(length, SIZE_MAX);
    int average = Math.min(end, offset + SIZE_AVERAGE);
    long hash = 0;
    int at = Math.min(end, offset + SIZE_MIN);
    for (; at < average; at++) {
      hash = (hash << 1) + GEAR[bytes[at] & 0xff];
      if ((hash & STRICT) == 0) {
        return at + 1 - offset;
      }
    }
    for (; at < end; at++) {
      hash = (hash << 1) + GEAR[bytes[at] & 0xff];
      if ((hash & LOOSE) == 0) {
        return at + 1 - offset;
      }
    }
    return end - offset;
  }
}
