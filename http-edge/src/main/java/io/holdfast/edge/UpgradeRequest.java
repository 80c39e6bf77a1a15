package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.Handshake;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The opening handshake of a WebSocket (RFC 6455, section 4.2), as headers.
final class UpgradeRequest {
  private static final String KEY = "sec-websocket-key";
  private static final String VERSION = "sec-websocket-version";
  private static final String SUPPORTED = "13";

  private UpgradeRequest() {}

  /// What to answer when the client's part of the handshake is wrong, null when it is right.
  static @Nullable Response refusal(RequestHead head) {
    List<String> versions = head.headers().all(VERSION);
    if (!versions.equals(List.of(SUPPORTED))) {
      return ErrorReply.of(
              ErrorCode.INVALID_REQUEST,
              "expected one Sec-WebSocket-Version of 13, found " + versions,
              head.requestId())
          .withStatus(426)
          .withHeader(VERSION, SUPPORTED)
          .withHeader("upgrade", "websocket");
    }
    List<String> keys = head.headers().all(KEY);
    if (keys.size() != 1 || !Handshake.isKey(keys.getFirst())) {
      return ErrorReply.of(
          ErrorCode.INVALID_REQUEST,
          "expected one Sec-WebSocket-Key of 16 bytes in base64, found " + keys,
          head.requestId());
    }
    return null;
  }

  /// The server's part of a handshake that is right.
  ///
  /// @param headers those of the app, without what belongs to the connection
  static byte[] answer(RequestHead head, Headers headers) {
    StringBuilder lines = new StringBuilder(256).append("HTTP/1.1 101 Switching Protocols\r\n");
    line(lines, "Upgrade", "websocket");
    line(lines, "Connection", "Upgrade");
    line(lines, "Sec-WebSocket-Accept", Handshake.accept(head.headers().first(KEY).orElseThrow()));
    for (int i = 0; i < headers.size(); i++) {
      if (passes(headers.name(i))) {
        line(lines, headers.name(i), headers.value(i));
      }
    }
    line(lines, RequestIds.HEADER, head.requestId());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(lines.length() + 2);
    bytes.writeBytes(lines.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static boolean passes(String name) {
    return ResponseWriter.passes(name)
        && !name.equalsIgnoreCase("sec-websocket-accept")
        && !name.equalsIgnoreCase("sec-websocket-extensions");
  }

  private static void line(StringBuilder lines, String name, String value) {
    lines.append(name).append(": ").append(value).append("\r\n");
  }
}
