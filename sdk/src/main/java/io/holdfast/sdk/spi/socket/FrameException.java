package io.holdfast.sdk.spi.socket;

/// What the other side sent is no WebSocket, or too much.
public final class FrameException extends Exception {
  private static final long serialVersionUID = 1;

  private final int closeCode;

  FrameException(int closeCode, String message) {
    super(message, null, false, false);
    this.closeCode = closeCode;
  }

  /// The code to close the connection with.
  public int closeCode() {
    return closeCode;
  }
}
