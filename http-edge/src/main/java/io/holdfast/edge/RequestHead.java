package io.holdfast.edge;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Request;
import org.jspecify.annotations.Nullable;

/// All of a request but its body.
///
/// @param authority host and port as the client sent them
/// @param host lower case, without port
/// @param path percent-encoded as sent, dot segments removed
/// @param query what follows the `?`, as sent
/// @param headers without those that belong to the connection alone
/// @param webSocket whether the client wants to speak WebSocket
/// @param invitation whether the client waits to be asked for the body
record RequestHead(
    String requestId,
    String method,
    String scheme,
    String authority,
    String host,
    String path,
    @Nullable String query,
    Headers headers,
    boolean webSocket,
    RequestBodyStream.Invitation invitation) {

  /// The head of a request that could not be read.
  static RequestHead unreadable(String requestId, String method) {
    return new RequestHead(
        requestId,
        method,
        "http",
        "",
        "",
        "/",
        null,
        Headers.empty(),
        false,
        RequestBodyStream.Invitation.NOT_NEEDED);
  }

  Request withBody(Body body) {
    return Request.of(method, url(path), headers, body);
  }

  /// The URL with another path.
  String url(String otherPath) {
    String base = scheme + "://" + authority + otherPath;
    return query == null ? base : base + "?" + query;
  }
}
