package io.holdfast.engine.http;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.spi.socket.Handshake;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/// A request, checked and ready to be written, perhaps twice.
final class OutgoingRequest {
  private static final Set<String> IDEMPOTENT =
      Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE");
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

  private final Request request;
  private final RequestTarget target;
  private final @Nullable String webSocketKey;

  OutgoingRequest(Request request, RequestTarget target) {
    this.request = request;
    this.target = target;
    this.webSocketKey = wantsWebSocket(request) ? randomKey() : null;
    checkMethod(request.method());
  }

  private static boolean wantsWebSocket(Request request) {
    return request.method().equals("GET")
        && request.header("upgrade").filter("websocket"::equalsIgnoreCase).isPresent()
        && request.body().length().orElse(-1) == 0;
  }

  /** It proves that the server understood, nothing else: it need not be hard to guess. */
  private static String randomKey() {
    byte[] random = new byte[16];
    ThreadLocalRandom.current().nextBytes(random);
    return Handshake.key(random);
  }

  /// The key of the WebSocket that the request asks for, null when it asks for none.
  @Nullable String webSocketKey() {
    return webSocketKey;
  }

  private static void checkMethod(String method) {
    boolean token =
        !method.isEmpty() && method.chars().allMatch(c -> c == '-' || (c >= 'A' && c <= 'Z'));
    if (!token || method.equals("CONNECT")) {
      throw new HoldfastException(
          ErrorCode.INVALID_REQUEST,
          "expected an HTTP method such as GET, found '%s'".formatted(method));
    }
  }

  /// The status line and headers, with exactly one of Content-Length and Transfer-Encoding when
  /// there is a body.
  ClassicHttpRequest head() {
    BasicClassicHttpRequest head = new BasicClassicHttpRequest(request.method(), target.path());
    head.addHeader("Host", target.authority());
    if (webSocketKey == null) {
      HeaderRules.forwardRequest(request.headers(), head::addHeader);
    } else {
      HeaderRules.forwardUpgrade(request.headers(), webSocketKey, head::addHeader);
    }
    OptionalLong length = request.body().length();
    if (length.isEmpty()) {
      head.addHeader("Transfer-Encoding", "chunked");
    } else if (length.getAsLong() > 0 || WITH_BODY.contains(request.method())) {
      head.addHeader("Content-Length", Long.toString(length.getAsLong()));
    }
    return head;
  }

  Request request() {
    return request;
  }

  boolean isHead() {
    return request.method().equals("HEAD");
  }

  /// The whole body, when it is in memory and no longer than that.
  Optional<byte[]> bodyUpTo(int bytesMax) {
    return request.body().buffered().filter(bytes -> bytes.length <= bytesMax);
  }

  /// Whether sending it a second time does no harm and is possible.
  boolean repeatable() {
    return IDEMPOTENT.contains(request.method()) && request.body().buffered().isPresent();
  }
}
