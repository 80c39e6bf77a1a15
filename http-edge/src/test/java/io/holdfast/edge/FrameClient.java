package io.holdfast.edge;

import io.holdfast.sdk.spi.socket.FrameEncoder;
import java.io.IOException;
import java.net.Socket;
import java.util.HexFormat;

/// A WebSocket client that sees and sends single frames.
final class FrameClient implements AutoCloseable {
  static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  static final FrameEncoder FRAMES = FrameEncoder.ofClient(() -> 0x12345678);

  private final RawClient raw;

  private FrameClient(RawClient raw) {
    this.raw = raw;
  }

  static String handshake(String path, String... headers) {
    StringBuilder head = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: a\r\n");
    head.append("Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n");
    head.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  /// A client whose handshake is done.
  static FrameClient connect(EdgeFixture edge, String path) throws IOException {
    RawClient raw = new RawClient(new Socket("localhost", edge.port()));
    String head = raw.send(handshake(path)).head();
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new AssertionError("expected 101, found " + head);
    }
    return new FrameClient(raw);
  }

  RawClient raw() {
    return raw;
  }

  FrameClient send(byte[] frame) throws IOException {
    raw.send(frame);
    return this;
  }

  FrameClient sendHex(String hex) throws IOException {
    return send(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  FrameClient close(int code, String reason) throws IOException {
    return send(FRAMES.close(code, reason));
  }

  /// The next frame as `<first byte in hex> <payload>`; for a close frame `88 <code> <reason>`, and
  /// `end` after the last.
  String next() throws IOException {
    String start = raw.read(2);
    if (start.length() < 2) {
      return "end";
    }
    int length = start.charAt(1);
    if (length == 126) {
      String two = raw.read(2);
      length = two.charAt(0) << 8 | two.charAt(1);
    } else if (length == 127) {
      String eight = raw.read(8);
      length = eight.charAt(5) << 16 | eight.charAt(6) << 8 | eight.charAt(7);
    }
    String payload = raw.read(length);
    String kind = HexFormat.of().toHexDigits((byte) start.charAt(0));
    if (kind.equals("88") && length >= 2) {
      int code = payload.charAt(0) << 8 | payload.charAt(1);
      return ("88 " + code + " " + payload.substring(2)).strip();
    }
    return (kind + " " + payload).strip();
  }

  @Override
  public void close() throws IOException {
    raw.close();
  }
}
