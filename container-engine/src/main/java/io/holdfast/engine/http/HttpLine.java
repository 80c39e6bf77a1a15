package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSocket;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.io.CloseMode;

/// One connection with its HTTP/1.1 codec. Used by one request at a time.
final class HttpLine implements SocketLine.Line {
  private final SocketChannel channel;
  private final Socket socket;
  private final DefaultBHttpClientConnection codec;
  private final LinePool home;
  private long restingSinceNanos;
  private Use use = Use.FIRST;

  /// Whether this line has carried a request before.
  enum Use {
    FIRST,
    AGAIN
  }

  private HttpLine(
      SocketChannel channel, Socket socket, DefaultBHttpClientConnection codec, LinePool home) {
    this.channel = channel;
    this.socket = socket;
    this.codec = codec;
    this.home = home;
  }

  static Http1Config limits(HttpConfig config) {
    return Http1Config.custom()
        .setMaxLineLength(config.headerLineBytesMax())
        .setMaxHeaderCount(config.headerLinesMax())
        .build();
  }

  /// @param used the channel's own socket, or TLS on top of it
  static HttpLine on(SocketChannel channel, Socket used, Http1Config limits, LinePool home)
      throws IOException {
    DefaultBHttpClientConnection codec = codec(limits);
    if (used instanceof SSLSocket secure) {
      codec.bind(secure, channel.socket());
    } else {
      codec.bind(used);
    }
    return new HttpLine(channel, used, codec, home);
  }

  /// A codec that never looks for an early answer while it sends: another thread reads then.
  private static DefaultBHttpClientConnection codec(Http1Config limits) {
    return new DefaultBHttpClientConnection(
        limits, null, null, null, null, (_, _, _, _, _) -> false, null, null);
  }

  DefaultBHttpClientConnection codec() {
    return codec;
  }

  @Override
  public OutputStream output() throws IOException {
    return socket.getOutputStream();
  }

  @Override
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  Use use() {
    return use;
  }

  /// Gives the line back for the next request.
  void release() {
    use = Use.AGAIN;
    restingSinceNanos = System.nanoTime();
    home.release(this);
  }

  @Override
  public void discard() {
    home.forget(this);
    close();
  }

  void close() {
    codec.close(CloseMode.IMMEDIATE);
    try {
      channel.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  boolean restedLongerThan(long nanos) {
    return System.nanoTime() - restingSinceNanos > nanos;
  }

  /// Whether the other side has closed a resting line, or sent what nobody asked for. One system
  /// call, no waiting.
  boolean stale() {
    try {
      channel.configureBlocking(false);
      int read = channel.read(ByteBuffer.allocate(1));
      channel.configureBlocking(true);
      return read != 0;
    } catch (IOException _) {
      return true;
    }
  }
}
