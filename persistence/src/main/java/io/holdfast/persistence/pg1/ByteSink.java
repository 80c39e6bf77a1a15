package io.holdfast.persistence.pg1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A byte array that grows: the counterpart of [ByteCursor].
final class ByteSink {
  /// Bytes of the longest varint.
  static final int VARINT_BYTES_MAX = 9;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes;
  private int size;

  ByteSink(int capacity) {
    bytes = new byte[capacity];
  }

  /// The array written to; its first [#size()] bytes count. Valid until the next write.
  byte[] array() {
    return bytes;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /// Forgets the first `count` bytes.
  void dropFirst(int count) {
    System.arraycopy(bytes, count, bytes, 0, size - count);
    size -= count;
  }

  void oneByte(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  void fixedLong(long value) {
    ensure(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  void varint(long value) {
    ensure(VARINT_BYTES_MAX);
    long rest = value;
    while (rest >= 0x80) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  void copy(byte[] from, int at, int length) {
    ensure(length);
    System.arraycopy(from, at, bytes, size, length);
    size += length;
  }

  private void ensure(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }
}
