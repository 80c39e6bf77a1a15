package io.holdfast.node.idempotency;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectCallException.Origin;
import java.util.Optional;

/// How a call under a key ended.
public sealed interface StoredAnswer {
  /// The answer of a request.
  record Http(int status, Headers headers, byte[] body) implements StoredAnswer {}

  /// The result of a method, in the encoding of the call.
  record Result(byte[] bytes) implements StoredAnswer {}

  /// The result of a method that returns a stream.
  record Stream(byte[] bytes) implements StoredAnswer {}

  /// An error.
  ///
  /// @param errorName of an [ObjectCallException]; empty for another
  /// @param origin who threw, for an [ObjectCallException]
  record Failure(ErrorCode code, Optional<String> errorName, Origin origin, String message)
      implements StoredAnswer {
    private static final int MESSAGE_CHARS_MAX = 4_096;

    public static Failure of(HoldfastException error) {
      String message = error.getMessage();
      return new Failure(
          error.code(),
          error instanceof ObjectCallException call
              ? Optional.of(call.errorName())
              : Optional.empty(),
          error instanceof ObjectCallException call ? call.origin() : Origin.RUNTIME,
          message.length() <= MESSAGE_CHARS_MAX
              ? message
              : message.substring(0, MESSAGE_CHARS_MAX) + "…");
    }

    public HoldfastException toException() {
      return errorName.isPresent()
          ? new ObjectCallException(code, errorName.get(), message, origin, null)
          : new HoldfastException(code, message);
    }
  }

  /// It was carried out; its answer was too large to keep.
  record NotKept() implements StoredAnswer {}
}
