package io.holdfast.sdk;

import org.jspecify.annotations.Nullable;

/// A call to an object failed: its code threw, it was reset, it is overloaded or cannot be reached.
///
/// The message is that of the original error. The flags say what the caller can do about it.
public final class ObjectCallException extends HoldfastException {
  private static final long serialVersionUID = 1;

  private final String errorName;

  public ObjectCallException(ErrorCode code, String errorName, String message) {
    this(code, errorName, message, null);
  }

  public ObjectCallException(
      ErrorCode code, String errorName, String message, @Nullable Throwable cause) {
    super(code, message, cause);
    this.errorName = errorName;
  }

  /// The simple class name of what was thrown in the object, such as `IllegalArgumentException`.
  public String errorName() {
    return errorName;
  }

  /// True when the object's own code threw.
  public boolean remote() {
    return code() == ErrorCode.OBJECT_FAILED || code() == ErrorCode.METHOD_NOT_FOUND;
  }

  /// True when the same call can succeed a little later.
  public boolean retryable() {
    return code().retryable();
  }

  /// True when the object has too much to do: do not retry at once.
  public boolean overloaded() {
    return code() == ErrorCode.OBJECT_OVERLOADED;
  }

  /// True when the object was reset: its memory is gone, its durable state is as of the last
  /// durable write.
  public boolean objectReset() {
    return code() == ErrorCode.OBJECT_RESET;
  }
}
