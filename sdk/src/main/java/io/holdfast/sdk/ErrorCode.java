package io.holdfast.sdk;

import java.util.Locale;
import java.util.Optional;

/// The stable names of everything that can go wrong, with their HTTP status and whether a retry can
/// help.
///
/// The text form ([#code()]) is part of the public contract: it never changes once released.
public enum ErrorCode {
  // The caller's fault.
  INVALID_REQUEST(400, Retry.NO),
  INVALID_ARGUMENT(400, Retry.NO),
  INVALID_OBJECT_ID(400, Retry.NO),
  SQL_ERROR(400, Retry.NO),
  NOT_AUTHORIZED(401, Retry.NO),
  ROUTE_NOT_FOUND(404, Retry.NO),
  NAMESPACE_NOT_FOUND(404, Retry.NO),
  METHOD_NOT_FOUND(404, Retry.NO),
  METHOD_NOT_ALLOWED(405, Retry.NO),
  BODY_TOO_LARGE(413, Retry.NO),
  URI_TOO_LONG(414, Retry.NO),
  HEADERS_TOO_LARGE(431, Retry.NO),
  /// The node serves operators only: another one serves clients.
  NOT_AN_EDGE(421, Retry.NO),
  CALL_TOO_DEEP(508, Retry.NO),
  JURISDICTION_UNAVAILABLE(400, Retry.NO),

  // The app's fault.
  WORKER_FAILED(500, Retry.NO),
  OBJECT_FAILED(500, Retry.NO),
  WRONG_STATE(409, Retry.NO),

  // The object's state.
  OBJECT_RESET(503, Retry.YES),
  OBJECT_OVERLOADED(503, Retry.NO),
  OBJECT_BLOCKED(503, Retry.NO),
  OBJECT_TIME_EXCEEDED(503, Retry.NO),
  OBJECT_UNAVAILABLE(503, Retry.YES),
  REGION_UNREACHABLE(503, Retry.YES),
  TIMEOUT(504, Retry.NO),

  // Idempotency keys.
  IDEMPOTENCY_MISMATCH(422, Retry.NO),
  IDEMPOTENCY_UNKNOWN(409, Retry.NO),
  IDEMPOTENCY_NOT_KEPT(409, Retry.NO),
  IDEMPOTENCY_IN_PROGRESS(409, Retry.YES),

  // Storage.
  STORAGE_FAILED(503, Retry.YES),
  STORAGE_OVERLOADED(503, Retry.YES),
  STORAGE_FULL(507, Retry.NO),
  STORAGE_CORRUPT(500, Retry.NO),

  // Containers.
  CONTAINER_NOT_RUNNING(503, Retry.YES),
  CONTAINER_NOT_LISTENING(503, Retry.YES),
  CONTAINER_START_FAILED(500, Retry.NO),
  CONTAINER_NO_CAPACITY(503, Retry.YES),
  CONTAINER_DISCONNECTED(500, Retry.NO),
  IMAGE_NOT_FOUND(500, Retry.NO),
  IMAGE_PULL_DENIED(500, Retry.NO),
  IMAGE_PULL_FAILED(503, Retry.YES),
  ENGINE_UNAVAILABLE(503, Retry.YES),
  ARCHIVE_FAILED(500, Retry.NO),
  ARCHIVE_TOO_LARGE(507, Retry.NO),
  SNAPSHOT_NOT_FOUND(404, Retry.NO),

  // The world outside.
  FETCH_FAILED(502, Retry.NO),

  // The node.
  NODE_OVERLOADED(503, Retry.YES),

  // The operator's part.
  APP_INVALID(500, Retry.NO),
  CONFIG_INVALID(500, Retry.NO),
  DATA_DIRECTORY_LOCKED(500, Retry.NO),
  DATA_DIRECTORY_UNREADABLE(500, Retry.NO),
  INTERNAL(500, Retry.NO);

  private enum Retry {
    YES,
    NO
  }

  private final int httpStatus;
  private final Retry retry;
  private final String code = name().toLowerCase(Locale.ROOT);

  ErrorCode(int httpStatus, Retry retry) {
    this.httpStatus = httpStatus;
    this.retry = retry;
  }

  /// The stable name, such as `object_overloaded`.
  public String code() {
    return code;
  }

  /// The code of that stable name, if there is one.
  public static Optional<ErrorCode> of(String code) {
    for (ErrorCode known : values()) {
      if (known.code.equals(code)) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  /// The status an HTTP caller sees.
  public int httpStatus() {
    return httpStatus;
  }

  /// Whether the same call, sent again a little later, can succeed.
  public boolean retryable() {
    return retry == Retry.YES;
  }
}
