package io.holdfast.persistence.pg1;

import java.util.zip.CRC32C;

/// The CRC-32C at the end of every stored record. It covers the header too, which the checksums of
/// the images do not.
final class Crc {
  static final int BYTES = 4;

  private Crc() {}

  /// Writes the CRC of all bytes before the last four into those.
  static void seal(byte[] bytes) {
    int end = bytes.length - BYTES;
    int crc = of(bytes, end);
    for (int i = 0; i < BYTES; i++) {
      bytes[end + i] = (byte) (crc >>> (8 * i));
    }
  }

  /// Where the CRC starts, after having compared it.
  static int verified(String what, byte[] bytes) {
    int end = bytes.length - BYTES;
    if (end < 0) {
      throw ByteCursor.corrupt(what + ": expected 4 bytes or more, found " + bytes.length);
    }
    int found = of(bytes, end);
    int expected = stored(bytes, end);
    if (expected != found) {
      throw ByteCursor.corrupt(
          "%s of %d bytes: expected CRC %08x, found %08x"
              .formatted(what, bytes.length, expected, found));
    }
    return end;
  }

  private static int of(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static int stored(byte[] bytes, int at) {
    int value = 0;
    for (int i = 0; i < BYTES; i++) {
      value |= (bytes[at + i] & 0xFF) << (8 * i);
    }
    return value;
  }
}
