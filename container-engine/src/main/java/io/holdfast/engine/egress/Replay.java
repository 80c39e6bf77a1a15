package io.holdfast.engine.egress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/// A connection's input, of which the first bytes were looked at before and come again.
final class Replay extends InputStream {
  private final byte[] seen;
  private final InputStream rest;
  private int next;
  private int lastFour;

  Replay(byte[] seen, InputStream rest) {
    this.seen = seen;
    this.rest = rest;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count;
    if (next < seen.length) {
      count = Math.min(length, seen.length - next);
      System.arraycopy(seen, next, target, offset, count);
      next += count;
    } else {
      count = rest.read(target, offset, length);
    }
    for (int i = Math.max(0, count - 4); i < count; i++) {
      lastFour = lastFour << 8 | target[offset + i] & 0xff;
    }
    return count;
  }

  /// Whether the last bytes that were read end the head of an HTTP message: then whoever reads it
  /// holds nothing of what follows.
  boolean isAtEndOfHead() {
    return lastFour == 0x0d0a0d0a;
  }

  @Override
  public int available() throws IOException {
    return seen.length - next + rest.available();
  }

  /// Reads what is there, at least one byte; false at the end.
  static boolean more(InputStream in, ByteArrayOutputStream into, int most) throws IOException {
    byte[] chunk = new byte[Math.min(most, 16 * 1024)];
    int count = in.read(chunk);
    if (count > 0) {
      into.write(chunk, 0, count);
    }
    return count > 0;
  }
}
