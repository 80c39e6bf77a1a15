package io.holdfast.sdk.spi.socket;

/// The status codes of close frames (RFC 6455, section 7.4).
public final class CloseCodes {
  /// Of the runtime alone, between nodes: this end goes on elsewhere.
  public static final int LEFT = 1;

  /// Of the runtime alone, between nodes: this end is wanted elsewhere.
  public static final int YIELD = 2;

  public static final int NORMAL = 1000;
  public static final int GOING_AWAY = 1001;
  public static final int PROTOCOL_ERROR = 1002;
  public static final int NO_STATUS = 1005;
  public static final int ABNORMAL = 1006;
  public static final int INVALID_DATA = 1007;
  public static final int TOO_BIG = 1009;
  public static final int INTERNAL_ERROR = 1011;
  public static final int SERVICE_RESTART = 1012;
  public static final int TRY_AGAIN_LATER = 1013;

  /// The reason of [#ABNORMAL].
  public static final String DISCONNECTED = "WebSocket disconnected without sending Close frame.";

  /// A close frame holds 125 bytes, 2 of them the code.
  public static final int REASON_BYTES_MAX = 123;

  private CloseCodes() {}

  /// Whether a close frame may carry it.
  public static boolean mayBeSent(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }

  /// The code as one side of a proxy passes it to the other: what no frame may carry becomes 1000.
  public static int forwarded(int code) {
    return mayBeSent(code) ? code : NORMAL;
  }
}
