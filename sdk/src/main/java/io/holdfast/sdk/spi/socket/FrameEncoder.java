package io.holdfast.sdk.spi.socket;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// Makes frames (RFC 6455, section 5.2): whole messages, no extensions. Thread-safe.
public final class FrameEncoder {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  static final int CONTROL_BYTES_MAX = 125;

  private final @Nullable IntSupplier masks;

  private FrameEncoder(@Nullable IntSupplier masks) {
    this.masks = masks;
  }

  /// Frames of a server.
  public static FrameEncoder ofServer() {
    return new FrameEncoder(null);
  }

  /// Frames of a client.
  ///
  /// @param masks gives a random mask for each frame
  public static FrameEncoder ofClient(IntSupplier masks) {
    return new FrameEncoder(masks);
  }

  public byte[] message(SocketMessage message) {
    return switch (message) {
      case SocketMessage.Text(String text) -> frame(TEXT, text.getBytes(StandardCharsets.UTF_8));
      case SocketMessage.Binary(byte[] bytes) -> frame(BINARY, bytes);
    };
  }

  public byte[] ping(byte[] payload) {
    return frame(PING, payload);
  }

  public byte[] pong(byte[] payload) {
    return frame(PONG, payload);
  }

  /// @param code as [CloseCodes#mayBeSent], or [CloseCodes#NO_STATUS] for a frame without one
  /// @param reason cut to what a frame holds
  public byte[] close(int code, String reason) {
    if (code == CloseCodes.NO_STATUS) {
      return frame(CLOSE, new byte[0]);
    }
    byte[] text = cut(reason.getBytes(StandardCharsets.UTF_8));
    byte[] payload = new byte[2 + text.length];
    payload[0] = (byte) (code >> 8);
    payload[1] = (byte) code;
    System.arraycopy(text, 0, payload, 2, text.length);
    return frame(CLOSE, payload);
  }

  /** At the end of a character. */
  private static byte[] cut(byte[] text) {
    if (text.length <= CloseCodes.REASON_BYTES_MAX) {
      return text;
    }
    int end = CloseCodes.REASON_BYTES_MAX;
    while ((text[end] & 0xc0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(text, end);
  }

  private byte[] frame(int opcode, byte[] payload) {
    int lengthBytes = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
    int headerBytes = 2 + lengthBytes + (masks == null ? 0 : 4);
    byte[] frame = new byte[headerBytes + payload.length];
    frame[0] = (byte) (0x80 | opcode);
    frame[1] = (byte) (lengthBytes == 0 ? payload.length : lengthBytes == 2 ? 126 : 127);
    for (int i = 0; i < lengthBytes; i++) {
      frame[2 + i] = (byte) ((long) payload.length >>> (8 * (lengthBytes - 1 - i)));
    }
    System.arraycopy(payload, 0, frame, headerBytes, payload.length);
    if (masks != null) {
      frame[1] |= (byte) 0x80;
      mask(frame, headerBytes, masks.getAsInt());
    }
    return frame;
  }

  private static void mask(byte[] frame, int payloadStart, int mask) {
    for (int i = 0; i < 4; i++) {
      frame[payloadStart - 4 + i] = (byte) (mask >>> (24 - 8 * i));
    }
    for (int i = payloadStart; i < frame.length; i++) {
      frame[i] ^= frame[payloadStart - 4 + ((i - payloadStart) & 3)];
    }
  }
}
