package io.holdfast.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/// The log of a [FakeContainer], read while it is written.
final class FakeLogStream extends InputStream {
  private final FakeContainer container;
  private int line;
  private byte[] current = new byte[0];
  private int position;
  private volatile boolean closed;

  FakeLogStream(FakeContainer container, int line) {
    this.container = container;
    this.line = line;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (position == current.length && !next()) {
      return -1;
    }
    int count = Math.min(length, current.length - position);
    System.arraycopy(current, position, bytes, offset, count);
    position += count;
    return count;
  }

  private boolean next() throws IOException {
    try {
      List<String> lines = closed ? List.of() : container.awaitLog(line);
      line += lines.size();
      current = lines.isEmpty() ? current : (String.join("\n", lines) + "\n").getBytes(UTF_8);
      position = lines.isEmpty() ? position : 0;
      return !lines.isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while following a log", e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
