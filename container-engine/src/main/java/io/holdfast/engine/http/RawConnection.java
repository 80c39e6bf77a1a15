package io.holdfast.engine.http;

import io.holdfast.sdk.ContainerSocket;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// A TCP connection to a port, bytes as they are. Thread-safe: one may read while another writes
/// and a third closes.
public final class RawConnection implements ContainerSocket {
  private final Socket socket;
  private final InputStream input;
  private final OutputStream output;
  private final Runnable atEnd;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean readToEnd = new AtomicBoolean();
  private final AtomicBoolean writtenToEnd = new AtomicBoolean();

  private RawConnection(Socket socket, Runnable atEnd) throws IOException {
    this.socket = socket;
    this.atEnd = atEnd;
    this.input = new Input(socket.getInputStream());
    this.output = new Output(socket.getOutputStream());
  }

  /// @param atEnd runs once, when it is closed or both directions have ended
  static RawConnection open(InetSocketAddress endpoint, Duration timeout, Runnable atEnd) {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(endpoint, (int) Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
      return new RawConnection(socket, atEnd);
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException inner) {
        e.addSuppressed(inner);
      }
      throw Faults.notConnected(new Route.ToContainer(endpoint), e);
    }
  }

  @Override
  public InputStream input() {
    return input;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      socket.close();
    } catch (IOException _) {
      // It is closed either way.
    } finally {
      atEnd.run();
    }
  }

  private void closeWhenOver() {
    if (readToEnd.get() && writtenToEnd.get()) {
      close();
    }
  }

  private final class Input extends FilterInputStream {
    Input(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (readToEnd.get()) {
        return -1;
      }
      int count = in.read(target, offset, length);
      if (count < 0) {
        readToEnd.set(true);
        closeWhenOver();
      }
      return count;
    }

    /** Of the whole connection: what comes would have no reader. */
    @Override
    public void close() {
      RawConnection.this.close();
    }
  }

  private final class Output extends FilterOutputStream {
    Output(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
    }

    /** Of this direction alone. */
    @Override
    public void close() throws IOException {
      if (!closed.get() && writtenToEnd.compareAndSet(false, true)) {
        socket.shutdownOutput();
        closeWhenOver();
      }
    }
  }
}
