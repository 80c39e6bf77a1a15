package io.holdfast.testapp;

import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/// A stream of `a` to `z` over and over, made as it is read.
final class Letters extends InputStream {
  static final AtomicLong CLOSED = new AtomicLong();

  private final long count;
  private long made;

  Letters(long count) {
    this.count = count;
  }

  long made() {
    return made;
  }

  @Override
  public int read() {
    return made < count ? 'a' + (int) (made++ % 26) : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    int read = 0;
    for (int next = length > 0 ? read() : -1; next >= 0; next = read < length ? read() : -1) {
      target[offset + read++] = (byte) next;
    }
    return read == 0 && length > 0 ? -1 : read;
  }

  @Override
  public void close() {
    CLOSED.incrementAndGet();
  }
}
