package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A connection to Docker that is no longer HTTP: after the head of the answer each side sends what
/// it likes. A connection of its own, because docker-java's transport cannot close one half.
///
/// One thread may read while another writes; [#close()] from any thread ends both.
final class HijackedLine implements Closeable {
  private static final int HEAD_BYTES_MAX = 16 * 1024;
  private static final int BODY_BYTES_MAX = 64 * 1024;
  private static final int CONNECT_MILLIS_MAX = 5_000;

  private final Ends ends;

  /** The two directions of a socket, and how to end them. */
  private interface Ends extends Closeable {
    int read(byte[] target, int offset, int length) throws IOException;

    void write(byte[] source, int offset, int length) throws IOException;

    void endOutput() throws IOException;
  }

  private HijackedLine(Ends ends) {
    this.ends = ends;
  }

  /// Sends a `POST` that Docker answers by handing the connection over.
  ///
  /// @throws DockerException when it answers with an error
  static HijackedLine post(URI host, @Nullable SSLContext tls, String path, byte[] json)
      throws IOException {
    HijackedLine line = new HijackedLine(connect(host, tls));
    try {
      String head =
          """
          POST %s HTTP/1.1\r
          Host: docker\r
          Connection: Upgrade\r
          Upgrade: tcp\r
          Content-Type: application/json\r
          Content-Length: %d\r
          \r
          """
              .formatted(path, json.length);
      line.write(head.getBytes(StandardCharsets.US_ASCII));
      line.write(json);
      line.readHead();
      return line;
    } catch (IOException | RuntimeException e) {
      line.close();
      throw e;
    }
  }

  private static Ends connect(URI host, @Nullable SSLContext tls) throws IOException {
    if ("unix".equals(host.getScheme())) {
      return new Unix(SocketChannel.open(UnixDomainSocketAddress.of(host.getPath())));
    }
    Socket plain = new Socket();
    plain.connect(new InetSocketAddress(host.getHost(), host.getPort()), CONNECT_MILLIS_MAX);
    return new Tcp(
        tls == null
            ? plain
            : tls.getSocketFactory().createSocket(plain, host.getHost(), host.getPort(), true));
  }

  private void readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    byte[] one = new byte[1];
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      if (head.size() == HEAD_BYTES_MAX || read(one, 0, 1) < 0) {
        throw new EOFException("Docker broke off while it answered");
      }
      head.write(one[0]);
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    int status = Integer.parseInt(text.split(" ", 3)[1]);
    if (status >= 400) {
      throw refused(status, body());
    }
  }

  private String body() throws IOException {
    ends.endOutput();
    byte[] bytes = input().readNBytes(BODY_BYTES_MAX);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static DockerException refused(int status, String message) {
    return switch (status) {
      case 404 -> new NotFoundException(message);
      case 409 -> new ConflictException(message);
      default -> new DockerException(message, status);
    };
  }

  private int read(byte[] target, int offset, int length) throws IOException {
    return ends.read(target, offset, length);
  }

  private void write(byte[] bytes) throws IOException {
    ends.write(bytes, 0, bytes.length);
  }

  /// What Docker sends; closing it does nothing.
  InputStream input() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return length == 0 ? 0 : ends.read(target, offset, length);
      }
    };
  }

  /// What Docker gets; closing it tells that there is no more.
  OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] source, int offset, int length) throws IOException {
        ends.write(source, offset, length);
      }

      @Override
      public void close() throws IOException {
        ends.endOutput();
      }
    };
  }

  @Override
  public void close() {
    try {
      ends.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  private record Unix(SocketChannel channel) implements Ends {
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return channel.read(ByteBuffer.wrap(target, offset, length));
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    @Override
    public void endOutput() throws IOException {
      channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record Tcp(Socket socket) implements Ends {
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return socket.getInputStream().read(target, offset, length);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      socket.getOutputStream().write(source, offset, length);
    }

    @Override
    public void endOutput() throws IOException {
      socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
