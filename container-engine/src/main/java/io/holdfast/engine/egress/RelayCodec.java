package io.holdfast.engine.egress;

import io.holdfast.engine.HttpConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpServerConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.apache.hc.core5.io.CloseMode;

/// HTTP/1.1 on the side of the container.
final class RelayCodec extends DefaultBHttpServerConnection {
  RelayCodec(HttpConfig config) {
    super(
        null,
        Http1Config.custom()
            .setMaxLineLength(config.headerLineBytesMax())
            .setMaxHeaderCount(config.headerLinesMax())
            .build());
  }

  /// @param in what the socket brings, after what was read of it before
  void bind(Socket socket, InputStream in) throws IOException {
    bind(
        new SocketHolder(socket) {
          @Override
          protected InputStream getInputStream(Socket of) {
            return in;
          }
        });
  }

  /// Lets the client send the body that it holds back.
  void sendContinue() throws IOException {
    try {
      sendResponseHeader(new BasicClassicHttpResponse(100));
      flush();
    } catch (HttpException e) {
      throw new IOException(e);
    }
  }

  /// Ends the connection without a proper end of what is being sent.
  void cut() {
    close(CloseMode.IMMEDIATE);
  }
}
