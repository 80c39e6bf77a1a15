package io.holdfast.sdk;

import org.jspecify.annotations.Nullable;

/// A fault of Holdfast with a stable code.
///
/// The message says what was expected, what was found and which id it concerns. It never holds a
/// stack trace or a secret: it may be shown to a client.
public class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ErrorCode code;

  public HoldfastException(ErrorCode code, String message) {
    this(code, message, null);
  }

  public HoldfastException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /// What went wrong, stable across releases.
  public ErrorCode code() {
    return code;
  }

  /// The message; never null, unlike that of other exceptions.
  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? code.code() : message;
  }
}
