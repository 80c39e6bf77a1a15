package io.holdfast.edge;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Response;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/// What clients see of an error: its status, `x-holdfast-error: <code>` and
/// `{"error":{"code":…,"message":…,"requestId":…}}`.
final class ErrorReply {
  static final String HEADER = "x-holdfast-error";

  static Response of(HoldfastException error, String requestId) {
    StringBuilder json = new StringBuilder(160);
    json.append("{\"error\":{\"code\":\"").append(error.code().code()).append("\",\"message\":");
    JsonText.append(json, error.getMessage());
    json.append(",\"requestId\":\"").append(requestId).append('"');
    if (error instanceof ObjectCallException call) {
      appendFlags(json, call);
    }
    json.append("}}\n");
    return Response.of(error.code().httpStatus(), headers(error.code()), Body.of(json.toString()));
  }

  static Response of(ErrorCode code, String message, String requestId) {
    return of(new HoldfastException(code, message), requestId);
  }

  private static void appendFlags(StringBuilder json, ObjectCallException call) {
    json.append(",\"remote\":").append(call.remote());
    json.append(",\"retryable\":").append(call.retryable());
    json.append(",\"overloaded\":").append(call.overloaded());
    json.append(",\"objectReset\":").append(call.objectReset());
  }

  private static Headers headers(ErrorCode code) {
    Headers headers = Headers.of("content-type", "application/json", HEADER, code.code());
    return code.retryable() ? headers.add("retry-after", retryAfterSeconds(code)) : headers;
  }

  /** Room, and an engine, do not come back at once; a queue empties and an object starts anew. */
  private static String retryAfterSeconds(ErrorCode code) {
    return switch (code) {
      case CONTAINER_NO_CAPACITY, ENGINE_UNAVAILABLE -> "5";
      default -> "1";
    };
  }

  /// The cause of a failed future.
  static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    return wrapper && cause != null ? unwrapped(cause) : failure;
  }

  private ErrorReply() {}
}
