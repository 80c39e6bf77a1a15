package io.holdfast.sdk.spi.socket;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Reads frames (RFC 6455, section 5) from bytes as they arrive, and puts the fragments of messages
/// together. Memory grows with what has come, not with what a header announces. Not thread-safe.
///
/// After a [FrameException] or a close frame it takes no more: what follows is ignored.
public final class FrameDecoder {
  private static final int HEADER_BYTES_MAX = 14;
  private static final int FIRST_BYTES_MAX = 8 * 1024;
  private static final byte[] NO_BYTES = {};

  /// Who reads.
  public enum Reader {
    /// A server: what clients send is masked.
    SERVER,
    /// A client: what servers send is not.
    CLIENT
  }

  /// Where what was read goes.
  public interface Sink {
    void message(SocketMessage message);

    void ping(byte[] payload);

    void pong(byte[] payload);

    /// @param code [CloseCodes#NO_STATUS] when the frame had none
    void close(int code, String reason);
  }

  private final Reader reader;
  private final int messageBytesMax;
  private final Sink sink;

  private final byte[] header = new byte[HEADER_BYTES_MAX];
  private int headerLength;
  private boolean inPayload;
  private boolean over;

  // The frame being read.
  private boolean fin;
  private int opcode;
  private long left;
  private int maskStart;
  private int maskIndex;
  private final byte[] control = new byte[FrameEncoder.CONTROL_BYTES_MAX];
  private int controlLength;

  // The message being put together; its opcode is 0 while there is none.
  private int messageOpcode;
  private byte[] message = NO_BYTES;
  private int messageLength;

  public FrameDecoder(Reader reader, int messageBytesMax, Sink sink) {
    this.reader = reader;
    this.messageBytesMax = messageBytesMax;
    this.sink = sink;
  }

  /// Takes all that is in the buffer.
  public void feed(ByteBuffer bytes) throws FrameException {
    try {
      while (!over && bytes.hasRemaining()) {
        if (inPayload) {
          readPayload(bytes);
        } else {
          readHeader(bytes);
        }
        if (inPayload && left == 0) {
          inPayload = false;
          headerLength = 0;
          endFrame();
        }
      }
    } catch (FrameException e) {
      over = true;
      message = NO_BYTES;
      throw e;
    }
  }

  // ---- header

  private void readHeader(ByteBuffer bytes) throws FrameException {
    while (headerLength < headerNeeded() && bytes.hasRemaining()) {
      header[headerLength++] = bytes.get();
      if (headerLength == 2) {
        checkStart();
      }
    }
    if (headerLength == headerNeeded()) {
      beginPayload();
    }
  }

  private int headerNeeded() {
    return headerLength < 2 ? 2 : 2 + lengthBytes() + (masked() ? 4 : 0);
  }

  private int lengthBytes() {
    return switch (header[1] & 0x7f) {
      case 126 -> 2;
      case 127 -> 8;
      default -> 0;
    };
  }

  private boolean masked() {
    return header[1] < 0;
  }

  private void checkStart() throws FrameException {
    fin = header[0] < 0;
    opcode = header[0] & 0x0f;
    if ((header[0] & 0x70) != 0) {
      throw wrong("no reserved bits, for no extension was agreed on, found some set");
    }
    if (masked() != (reader == Reader.SERVER)) {
      throw wrong(
          masked() ? "a frame without a mask, found one with" : "a masked frame, found none");
    }
    switch (opcode) {
      case FrameEncoder.CONTINUATION ->
          expect(messageOpcode != 0, "a message, found a continuation");
      case FrameEncoder.TEXT, FrameEncoder.BINARY ->
          expect(messageOpcode == 0, "the rest of a message, found another");
      case FrameEncoder.CLOSE, FrameEncoder.PING, FrameEncoder.PONG ->
          expect(
              fin && (header[1] & 0x7f) <= FrameEncoder.CONTROL_BYTES_MAX,
              "a control frame of at most 125 bytes in one piece, found another");
      default -> throw wrong("a known kind of frame, found " + opcode);
    }
  }

  private void beginPayload() throws FrameException {
    left = payloadLength();
    maskStart = headerLength - 4;
    maskIndex = 0;
    inPayload = true;
    if (isControl()) {
      controlLength = 0;
      return;
    }
    if (left > messageBytesMax - messageLength) {
      throw new FrameException(
          CloseCodes.TOO_BIG,
          "expected a message of at most " + messageBytesMax + " bytes, found more");
    }
    if (opcode != FrameEncoder.CONTINUATION) {
      messageOpcode = opcode;
    }
  }

  private long payloadLength() throws FrameException {
    int lengthBytes = lengthBytes();
    if (lengthBytes == 0) {
      return header[1] & 0x7f;
    }
    long length = 0;
    for (int i = 0; i < lengthBytes; i++) {
      length = length << 8 | (header[2 + i] & 0xff);
    }
    expect(
        length < 0 ? false : length >= (lengthBytes == 2 ? 126 : 65_536),
        "a length in as few bytes as it takes, found another");
    return length;
  }

  private boolean isControl() {
    return opcode >= FrameEncoder.CLOSE;
  }

  // ---- payload

  private void readPayload(ByteBuffer bytes) {
    int count = (int) Math.min(left, bytes.remaining());
    if (isControl()) {
      bytes.get(control, controlLength, count);
      unmask(control, controlLength, count);
      controlLength += count;
    } else {
      makeRoom(count);
      bytes.get(message, messageLength, count);
      unmask(message, messageLength, count);
      messageLength += count;
    }
    left -= count;
  }

  /** Exactly what a message in one piece takes when all of it is there. */
  private void makeRoom(int count) {
    int wanted = messageLength + count;
    if (wanted > message.length) {
      long grown = fin && count == left ? wanted : Math.max(wanted, 2L * message.length);
      long least = Math.min(messageLength + left, FIRST_BYTES_MAX);
      message = Arrays.copyOf(message, (int) Math.min(messageBytesMax, Math.max(grown, least)));
    }
  }

  private void unmask(byte[] target, int start, int count) {
    if (reader == Reader.CLIENT) {
      return;
    }
    int index = maskIndex;
    for (int i = start; i < start + count; i++) {
      target[i] ^= header[maskStart + (index++ & 3)];
    }
    maskIndex = index & 3;
  }

  private void endFrame() throws FrameException {
    switch (opcode) {
      case FrameEncoder.CLOSE -> endClose();
      case FrameEncoder.PING -> sink.ping(Arrays.copyOf(control, controlLength));
      case FrameEncoder.PONG -> sink.pong(Arrays.copyOf(control, controlLength));
      default -> {
        if (fin) {
          endMessage();
        }
      }
    }
  }

  private void endMessage() throws FrameException {
    byte[] bytes = message;
    int length = messageLength;
    int kind = messageOpcode;
    message = NO_BYTES;
    messageLength = 0;
    messageOpcode = 0;
    sink.message(
        kind == FrameEncoder.TEXT
            ? new SocketMessage.Text(Utf8.decode(bytes, 0, length))
            : new SocketMessage.Binary(
                bytes.length == length ? bytes : Arrays.copyOf(bytes, length)));
  }

  private void endClose() throws FrameException {
    if (controlLength == 0) {
      over = true;
      sink.close(CloseCodes.NO_STATUS, "");
      return;
    }
    expect(controlLength > 1, "a close frame with a code of two bytes, found one byte");
    int code = (control[0] & 0xff) << 8 | (control[1] & 0xff);
    expect(CloseCodes.mayBeSent(code), "a close code that may be sent, found " + code);
    String reason = Utf8.decode(control, 2, controlLength);
    over = true;
    sink.close(code, reason);
  }

  private static void expect(boolean condition, String expected) throws FrameException {
    if (!condition) {
      throw wrong(expected);
    }
  }

  private static FrameException wrong(String expected) {
    return new FrameException(CloseCodes.PROTOCOL_ERROR, "expected " + expected);
  }
}
