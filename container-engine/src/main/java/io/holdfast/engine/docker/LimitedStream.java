package io.holdfast.engine.docker;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Fails when more than a number of bytes is read.
final class LimitedStream extends FilterInputStream {
  private final long bytesMax;
  private long left;

  LimitedStream(InputStream in, long bytesMax) {
    super(in);
    this.bytesMax = bytesMax;
    this.left = bytesMax;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    left -= Math.max(0, count);
    if (left < 0) {
      throw new IOException(
          "expected at most %d bytes from the container, found more".formatted(bytesMax));
    }
    return count;
  }
}
