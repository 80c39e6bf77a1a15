package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The 64-bit hash of one page: XXH64 with the page number as seed; 0 for a page of zeros.
///
/// Zero pages count as nothing because a page that is missing from an image and a page of zeros are
/// the same page. Source: the public specification of xxHash,
/// <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>. Pages are whole stripes of 32
/// bytes, so the specification's step for a remainder is left out.
public final class PageHash {
  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /// As many zeros as the largest page has.
  private static final byte[] ZEROS = DatabaseImage.Page.ZERO.bytes();

  private PageHash() {}

  /// The hash of page `pageNo` (the first is 1), whose bytes are `length` of `bytes` from `at`.
  public static long of(long pageNo, byte[] bytes, int at, int length) {
    return isZero(bytes, at, length) ? 0 : xxh64(pageNo, bytes, at, length);
  }

  private static boolean isZero(byte[] bytes, int at, int length) {
    return bytes[at] == 0 && Arrays.mismatch(bytes, at, at + length, ZEROS, 0, length) < 0;
  }

  static long xxh64(long seed, byte[] bytes, int at, int length) {
    long a = seed + PRIME_1 + PRIME_2;
    long b = seed + PRIME_2;
    long c = seed;
    long d = seed - PRIME_1;
    for (int i = at; i < at + length; i += 32) {
      a = round(a, (long) LONG.get(bytes, i));
      b = round(b, (long) LONG.get(bytes, i + 8));
      c = round(c, (long) LONG.get(bytes, i + 16));
      d = round(d, (long) LONG.get(bytes, i + 24));
    }
    return avalanche(converge(a, b, c, d) + length);
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
  }

  private static long converge(long a, long b, long c, long d) {
    long hash =
        Long.rotateLeft(a, 1)
            + Long.rotateLeft(b, 7)
            + Long.rotateLeft(c, 12)
            + Long.rotateLeft(d, 18);
    return mergeLane(mergeLane(mergeLane(mergeLane(hash, a), b), c), d);
  }

  private static long mergeLane(long hash, long lane) {
    return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
  }

  private static long avalanche(long hash) {
    long first = (hash ^ (hash >>> 33)) * PRIME_2;
    long second = (first ^ (first >>> 29)) * PRIME_3;
    return second ^ (second >>> 32);
  }
}
