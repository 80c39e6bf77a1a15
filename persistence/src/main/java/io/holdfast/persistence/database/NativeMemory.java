package io.holdfast.persistence.database;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Native memory by address, as SQLite hands it out. Nothing is checked: a wrong address ends the
/// process.
final class NativeMemory {
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}

  static int intAt(long address) {
    return ALL.get(ValueLayout.JAVA_INT, address);
  }

  static long longAt(long address) {
    return ALL.get(ValueLayout.JAVA_LONG, address);
  }

  static void putInt(long address, int value) {
    ALL.set(ValueLayout.JAVA_INT, address, value);
  }

  static void putLong(long address, long value) {
    ALL.set(ValueLayout.JAVA_LONG, address, value);
  }

  static void copyIn(byte[] from, int at, long to, int length) {
    MemorySegment.copy(from, at, ALL, ValueLayout.JAVA_BYTE, to, length);
  }

  static void copyOut(long from, byte[] to, int at, int length) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, at, length);
  }

  static void zero(long from, long length) {
    ALL.asSlice(from, length).fill((byte) 0);
  }

  /// Text of that many bytes of UTF-8.
  static String text(long address, int length) {
    byte[] bytes = new byte[length];
    copyOut(address, bytes, 0, length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// Text up to a zero byte.
  static String text(long address) {
    return ALL.getString(address);
  }
}
