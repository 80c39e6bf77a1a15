package io.holdfast.persistence.pg1;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads stored bytes from front to back; whatever the bytes are, it ends in a value or in
/// `storage_corrupt`.
final class ByteCursor {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private final int end;
  private int at;

  ByteCursor(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  int position() {
    return at;
  }

  int remaining() {
    return end - at;
  }

  /// One byte, 0 to 255.
  int unsignedByte() {
    return bytes[take(1)] & 0xFF;
  }

  /// Eight bytes, little endian.
  long fixedLong() {
    return (long) LONG.get(bytes, take(8));
  }

  /// Steps over `length` bytes and says where they start.
  int take(int length) {
    if (length < 0 || length > end - at) {
      throw corrupt("expected " + length + " more bytes at " + at + ", found " + (end - at));
    }
    int start = at;
    at += length;
    return start;
  }

  void copyTo(byte[] to, int toAt, int length) {
    System.arraycopy(bytes, take(length), to, toAt, length);
  }

  /// A number of 0 or more, seven bits per byte, the lowest first.
  long varint() {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = unsignedByte();
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw corrupt("expected a varint of at most 9 bytes before " + at);
  }

  /// A varint that is `max` at most.
  int varint(String what, int max) {
    long value = varint();
    if (value > max) {
      throw corrupt("expected a " + what + " of at most " + max + ", found " + value);
    }
    return (int) value;
  }

  static HoldfastException corrupt(String what) {
    return new HoldfastException(ErrorCode.STORAGE_CORRUPT, what);
  }
}
