package io.holdfast.engine.http;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/// How what goes wrong on a route is told to the caller.
final class Faults {
  private Faults() {}

  static HoldfastException notConnected(Route route, IOException cause) {
    return switch (route) {
      case Route.ToContainer(var endpoint) ->
          new HoldfastException(
              ErrorCode.CONTAINER_NOT_LISTENING,
              "Container is not listening to port %d%s"
                  .formatted(endpoint.getPort(), detail(cause)),
              cause);
      case Route.ToHost _ ->
          new HoldfastException(
              ErrorCode.FETCH_FAILED,
              "could not connect to %s: %s".formatted(route.text(), message(cause)),
              cause);
    };
  }

  /// A plain refusal needs no more words.
  private static String detail(IOException cause) {
    boolean refused =
        cause instanceof ConnectException
            && !(cause instanceof java.net.NoRouteToHostException)
            && message(cause).toLowerCase(java.util.Locale.ROOT).contains("refused");
    return refused ? "" : " (%s)".formatted(message(cause));
  }

  static HoldfastException brokenOff(Route route, IOException cause) {
    return switch (route) {
      case Route.ToContainer _ ->
          new HoldfastException(
              ErrorCode.CONTAINER_DISCONNECTED,
              "Container suddenly disconnected, try again",
              cause);
      case Route.ToHost _ ->
          new HoldfastException(
              ErrorCode.FETCH_FAILED,
              "%s broke off the connection: %s".formatted(route.text(), message(cause)),
              cause);
    };
  }

  static HoldfastException notHttp(Route route, Exception cause) {
    ErrorCode code =
        switch (route) {
          case Route.ToContainer _ -> ErrorCode.CONTAINER_DISCONNECTED;
          case Route.ToHost _ -> ErrorCode.FETCH_FAILED;
        };
    return new HoldfastException(
        code,
        "expected an HTTP/1.1 answer of %s, found: %s".formatted(route.text(), message(cause)),
        cause);
  }

  static HoldfastException silent(Route route, Duration timeout) {
    return new HoldfastException(
        ErrorCode.TIMEOUT, "%s was silent for %d ms".formatted(route.text(), timeout.toMillis()));
  }

  static HoldfastException tooMany(Route route, int max) {
    ErrorCode code =
        switch (route) {
          case Route.ToContainer _ -> ErrorCode.CONTAINER_NO_CAPACITY;
          case Route.ToHost _ -> ErrorCode.FETCH_FAILED;
        };
    return new HoldfastException(
        code,
        "%d requests to %s are under way, which is the most there can be"
            .formatted(max, route.text()));
  }

  static HoldfastException requestBroken(IOException cause) {
    return new HoldfastException(
        ErrorCode.INVALID_REQUEST, "the request body broke off: " + message(cause), cause);
  }

  /// What a reader of a response body meets.
  static IOException bodyBroken(Route route, IOException cause) {
    String what = cause instanceof SocketTimeoutException ? "fell silent" : "disconnected";
    return new IOException(
        "%s %s within its answer: %s".formatted(route.text(), what, message(cause)), cause);
  }

  private static String message(Throwable cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
