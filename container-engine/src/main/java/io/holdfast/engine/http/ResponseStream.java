package io.holdfast.engine.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/// The body of an answer, read as it arrives. Its end frees the line; closing it earlier cuts the
/// line.
final class ResponseStream extends InputStream {
  private final InputStream in;
  private final Function<IOException, IOException> explain;
  private final Runnable atEnd;
  private final Runnable cut;
  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

  private enum State {
    OPEN,
    ENDED,
    CUT
  }

  ResponseStream(
      InputStream in, Function<IOException, IOException> explain, Runnable atEnd, Runnable cut) {
    this.in = in;
    this.explain = explain;
    this.atEnd = atEnd;
    this.cut = cut;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int count = read(one, 0, 1);
    return count < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (state.get() == State.CUT) {
      throw new IOException("the response body is closed");
    }
    if (state.get() == State.ENDED) {
      return -1;
    }
    try {
      int count = in.read(bytes, offset, length);
      if (count < 0 && state.compareAndSet(State.OPEN, State.ENDED)) {
        atEnd.run();
      }
      return count;
    } catch (IOException e) {
      close();
      throw explain.apply(e);
    }
  }

  @Override
  public int available() throws IOException {
    return state.get() == State.OPEN ? in.available() : 0;
  }

  /// Also from another thread than the reading one, whose read then fails.
  @Override
  public void close() {
    if (state.compareAndSet(State.OPEN, State.CUT)) {
      cut.run();
    }
  }
}
