package io.holdfast.node.container;

import io.holdfast.sdk.Body;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// A body that tells when nothing more is read from it.
final class CountedBody extends FilterInputStream {
  private final Runnable atEnd;

  private CountedBody(InputStream in, Runnable atEnd) {
    super(in);
    this.atEnd = atEnd;
  }

  /// @param atEnd runs at the end of the body, when it breaks off and when it is closed; so more
  ///   than once
  static Body of(Body body, Runnable atEnd) {
    InputStream stream = new CountedBody(body.stream(), atEnd);
    return body.length().isPresent() ? Body.of(stream, body.length().getAsLong()) : Body.of(stream);
  }

  @Override
  public int read() throws IOException {
    return counted(in::read);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return counted(() -> in.read(target, offset, length));
  }

  /** A read of the stream behind. */
  @FunctionalInterface
  private interface Read {
    int run() throws IOException;
  }

  private int counted(Read read) throws IOException {
    int result = -1;
    try {
      result = read.run();
    } finally {
      if (result < 0) {
        atEnd.run();
      }
    }
    return result;
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      atEnd.run();
    }
  }
}
