package io.holdfast.engine.http;

import io.holdfast.sdk.Headers;
import io.holdfast.sdk.spi.socket.Handshake;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.ProtocolException;

/// Which headers pass from one connection to the next (RFC 9110, section 7.6.1).
///
/// What belongs to one connection stays there: Connection and all it lists, Keep-Alive, TE,
/// Trailer, Transfer-Encoding, Upgrade, Proxy-*. Host comes from the URL, Content-Length from the
/// body; Expect was settled with the sender.
public final class HeaderRules {
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");
  private static final Set<String> SET_BY_US = Set.of("host", "content-length", "expect");

  private HeaderRules() {}

  /// As [#forwardRequest], of an answer; Content-Length is left to the sender too.
  public static void forwardResponse(Headers headers, BiConsumer<String, String> out) {
    forwardRequest(headers, out);
  }

  static void forwardRequest(Headers headers, BiConsumer<String, String> out) {
    Set<String> listed = listed(headers.all("connection"));
    for (int i = 0; i < headers.size(); i++) {
      String name = headers.name(i).toLowerCase(Locale.ROOT);
      if (!HOP_BY_HOP.contains(name) && !SET_BY_US.contains(name) && !listed.contains(name)) {
        out.accept(headers.name(i), headers.value(i));
      }
    }
  }

  /// As [#forwardRequest], with a WebSocket handshake of our own: that of the client was with us.
  /// No extensions are offered.
  static void forwardUpgrade(Headers headers, String key, BiConsumer<String, String> out) {
    forwardRequest(
        headers,
        (name, value) -> {
          if (!isHandshake(name.toLowerCase(Locale.ROOT))) {
            out.accept(name, value);
          }
        });
    out.accept("Upgrade", "websocket");
    out.accept("Connection", "Upgrade");
    out.accept("Sec-WebSocket-Version", "13");
    out.accept("Sec-WebSocket-Key", key);
  }

  /** Which subprotocol is spoken is for both ends to agree on. */
  private static boolean isHandshake(String name) {
    return name.startsWith("sec-websocket-") && !name.equals("sec-websocket-protocol");
  }

  /// Checks the server's part of the handshake.
  static void checkUpgraded(ClassicHttpResponse response, String key) throws ProtocolException {
    Header accept = response.getFirstHeader("sec-websocket-accept");
    if (accept == null || !Handshake.accept(key).equals(accept.getValue())) {
      throw new ProtocolException("expected the proof of a WebSocket handshake, found %s", accept);
    }
    if (response.containsHeader("sec-websocket-extensions")) {
      throw new ProtocolException("expected no WebSocket extensions, found some");
    }
    response.removeHeaders("sec-websocket-accept");
    response.removeHeaders("content-length");
    response.removeHeaders("transfer-encoding");
  }

  /// The headers of an answer that its receiver sees. Content-Length stays: it is right, also after
  /// HEAD.
  static Headers ofResponse(ClassicHttpResponse response) throws HttpException {
    Header[] all = response.getHeaders();
    Set<String> listed = listedBy(all);
    List<String> kept = new ArrayList<>(all.length * 2);
    for (Header header : all) {
      String name = header.getName().toLowerCase(Locale.ROOT);
      if (!HOP_BY_HOP.contains(name) && !listed.contains(name)) {
        kept.add(header.getName());
        kept.add(header.getValue() == null ? "" : header.getValue());
      }
    }
    try {
      return Headers.of(kept.toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      throw new ProtocolException(e.getMessage());
    }
  }

  private static Set<String> listedBy(Header[] headers) {
    List<String> connection = new ArrayList<>(1);
    for (Header header : headers) {
      if (header.getName().equalsIgnoreCase("connection")) {
        connection.add(header.getValue());
      }
    }
    return listed(connection);
  }

  private static Set<String> listed(List<String> connection) {
    if (connection.isEmpty()) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : connection) {
      for (String name : value.split(",")) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
