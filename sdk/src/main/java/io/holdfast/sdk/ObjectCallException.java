package io.holdfast.sdk;

import org.jspecify.annotations.Nullable;

/// A call to an object failed: its code threw, it was reset, it is overloaded or cannot be reached.
///
/// The message is that of the original error. The flags say what the caller can do about it.
public final class ObjectCallException extends HoldfastException {
  private static final long serialVersionUID = 1;

  /// Who threw.
  public enum Origin {
    /// The code of the object that was called.
    OBJECT_CODE,
    /// The runtime around it.
    RUNTIME
  }

  private final String errorName;
  private final Origin origin;

  /// An error of the runtime.
  public ObjectCallException(ErrorCode code, String errorName, String message) {
    this(code, errorName, message, Origin.RUNTIME, null);
  }

  public ObjectCallException(
      ErrorCode code, String errorName, String message, Origin origin, @Nullable Throwable cause) {
    super(code, message, cause);
    this.errorName = errorName;
    this.origin = origin;
  }

  /// The simple class name of what was thrown in the object, such as `IllegalArgumentException`.
  public String errorName() {
    return errorName;
  }

  public Origin origin() {
    return origin;
  }

  /// True when the object's own code threw, or has no such method: the call arrived.
  public boolean remote() {
    return origin == Origin.OBJECT_CODE;
  }

  /// True when the same call can succeed a little later. When it is also [#remote()] the object's
  /// code has run: sent again, it does again what it did before it failed.
  public boolean retryable() {
    return code().retryable();
  }

  /// True when the object has too much to do: do not retry at once.
  public boolean overloaded() {
    return origin == Origin.RUNTIME
        && (code() == ErrorCode.OBJECT_OVERLOADED || code() == ErrorCode.OBJECT_BLOCKED);
  }

  /// True when the object was reset: its memory is gone, its durable state is as of the last
  /// durable write.
  public boolean objectReset() {
    return origin == Origin.RUNTIME && resets(code());
  }

  private static boolean resets(ErrorCode code) {
    return switch (code) {
      case OBJECT_RESET, OBJECT_BLOCKED, OBJECT_TIME_EXCEEDED -> true;
      default -> false;
    };
  }
}
