package io.holdfast.engine.egress;

import io.holdfast.sdk.Body;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.jspecify.annotations.Nullable;

/// The body of a request of a container: read by whoever answers, perhaps from another thread, and
/// never past its end.
final class IncomingBody extends InputStream {
  private final @Nullable InputStream in;
  private final RelayCodec codec;
  private final boolean expectsContinue;
  private final long length;
  private boolean asked;
  private volatile State state = State.OPEN;

  private enum State {
    OPEN,
    READ,
    GIVEN_UP
  }

  private IncomingBody(
      @Nullable InputStream in, long length, RelayCodec codec, boolean expectsContinue) {
    this.in = in;
    this.length = length;
    this.codec = codec;
    this.expectsContinue = expectsContinue;
    if (in == null) {
      state = State.READ;
    }
  }

  static IncomingBody of(ClassicHttpRequest head, RelayCodec codec) throws IOException {
    HttpEntity entity = head.getEntity();
    Header expect = head.getFirstHeader("Expect");
    boolean expectsContinue =
        expect != null && "100-continue".equalsIgnoreCase(String.valueOf(expect.getValue()));
    return entity == null
        ? new IncomingBody(null, 0, codec, false)
        : new IncomingBody(entity.getContent(), entity.getContentLength(), codec, expectsContinue);
  }

  Body body() {
    if (in == null || length == 0) {
      state = State.READ;
      return Body.empty();
    }
    return length < 0 ? Body.of(this) : Body.of(this, length);
  }

  /// From now on nobody is told to go on: the answer is on its way.
  ///
  /// @return whether the body was read to its end
  synchronized boolean endOfContinue() {
    asked = true;
    return state == State.READ;
  }

  private synchronized void askOnce() throws IOException {
    if (expectsContinue && !asked) {
      asked = true;
      codec.sendContinue();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int count) throws IOException {
    if (state == State.GIVEN_UP) {
      throw new IOException("the request body is closed");
    }
    if (in == null || state == State.READ) {
      return -1;
    }
    askOnce();
    int read = in.read(target, offset, count);
    if (read < 0) {
      state = State.READ;
    }
    return read;
  }

  @Override
  public int available() throws IOException {
    return in == null || state != State.OPEN ? 0 : in.available();
  }

  /** Does not read the rest, as the codec's own stream would. */
  @Override
  public void close() {
    if (state == State.OPEN) {
      state = State.GIVEN_UP;
    }
  }
}
