package io.holdfast.persistence.pg1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The byte ranges in which a page differs from what it was.
final class PageDiff {
  /// Equal bytes that end a range. A new range costs two bytes or more, so shorter gaps are not
  /// worth one.
  private static final int GAP_BYTES = 4;

  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private PageDiff() {}

  /// Writes the ranges from `firstChange` on (an offset in the page, the first that differs) and
  /// the 0 that ends them.
  static void write(
      byte[] old, int oldAt, byte[] now, int nowAt, int pageSize, int firstChange, ByteSink to) {
    int end = 0;
    for (int start = firstChange;
        start >= 0;
        start = nextChange(old, oldAt, now, nowAt, end, pageSize)) {
      to.varint(start - end + 1);
      end = endOfRange(old, oldAt, now, nowAt, start, pageSize);
      to.varint(end - start);
      to.copy(now, nowAt + start, end - start);
    }
    to.oneByte(0);
  }

  /// The first offset of `from` or more at which the pages differ, negative if there is none.
  static int nextChange(byte[] old, int oldAt, byte[] now, int nowAt, int from, int pageSize) {
    int found =
        Arrays.mismatch(old, oldAt + from, oldAt + pageSize, now, nowAt + from, nowAt + pageSize);
    return found < 0 ? found : from + found;
  }

  private static int endOfRange(
      byte[] old, int oldAt, byte[] now, int nowAt, int start, int pageSize) {
    int end = start + 1;
    for (int i = end; i < pageSize && i - end < GAP_BYTES; ) {
      if (i + 8 <= pageSize && allDiffer(old, oldAt + i, now, nowAt + i)) {
        i += 8;
        end = i;
      } else {
        end = old[oldAt + i] == now[nowAt + i] ? end : i + 1;
        i++;
      }
    }
    return end;
  }

  /// Whether each of eight bytes differs: no byte of their XOR is zero.
  private static boolean allDiffer(byte[] old, int oldAt, byte[] now, int nowAt) {
    long xor = (long) LONG.get(old, oldAt) ^ (long) LONG.get(now, nowAt);
    return ((xor - LOW_BITS) & ~xor & HIGH_BITS) == 0;
  }
}
