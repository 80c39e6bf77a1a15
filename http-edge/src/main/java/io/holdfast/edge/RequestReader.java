package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpProtocols;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.http.javadsl.model.headers.Host;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.jspecify.annotations.Nullable;

/// Turns the head of Pekko's request into ours, in one pass over its headers.
///
/// Headers that belong to the connection are left out; `x-request-id` and `holdfast-connecting-ip`
/// are Holdfast's word, whatever the client sent.
final class RequestReader {
  static final String CONNECTING_IP = "holdfast-connecting-ip";
  private static final String FORWARDED_FOR = "x-forwarded-for";
  private static final String FORWARDED_PROTO = "x-forwarded-proto";

  /** The very object that Pekko gives to bodies without a content type. */
  private static final ContentType NOT_SENT = HttpEntities.create(new byte[1]).getContentType();

  private final EdgeConfig.Forwarded forwarded;
  private final int headerBytesMax;

  RequestReader(EdgeConfig config) {
    this.forwarded = config.forwarded();
    this.headerBytesMax = config.headerBytesMax();
  }

  /// @param peer the address of the other end of the connection
  /// @throws HoldfastException `headers_too_large`, `invalid_request`
  RequestHead read(HttpRequest request, String peer) {
    return new Pass(request, peer).head();
  }

  /// One request being read.
  private final class Pass {
    private final HttpRequest request;
    private final String peer;
    private final List<String> pairs = new ArrayList<>(24);
    private String target = "/";
    private String authority = "localhost";
    private String scheme = "http";
    private int bytes;
    private RequestBodyStream.Invitation invitation = RequestBodyStream.Invitation.NOT_NEEDED;
    private @Nullable String requestId;
    private @Nullable String forwardedFor;
    private @Nullable Connection connection;
    private @Nullable HttpHeader upgrade;

    Pass(HttpRequest request, String peer) {
      this.request = request;
      this.peer = peer;
    }

    RequestHead head() {
      for (HttpHeader header : request.getHeaders()) {
        take(header);
      }
      if (bytes > headerBytesMax) {
        throw tooLarge();
      }
      addEntityHeaders(request.entity());
      boolean webSocket = wantsWebSocket();
      if (webSocket) {
        add("upgrade", "websocket");
      }
      String id = RequestIds.choose(requestId);
      add(RequestIds.HEADER, id);
      add(CONNECTING_IP, connectingIp());
      if (!target.startsWith("/")) {
        splitAbsoluteTarget();
      }
      int mark = target.indexOf('?');
      String path = mark < 0 ? target : target.substring(0, mark);
      return new RequestHead(
          id,
          request.method().value(),
          scheme,
          authority,
          hostOf(authority),
          ReservedPaths.isServiceApi(path) || ReservedPaths.isAdmin(path)
              ? path
              : Paths.withoutDotSegments(path),
          mark < 0 ? null : target.substring(mark + 1),
          headers(),
          webSocket,
          invitation);
    }

    private void take(HttpHeader header) {
      if (header instanceof RawRequestURI raw) {
        target = raw.uri();
        return;
      }
      String name = header.name();
      String value = header.value();
      bytes += name.length() + value.length() + 4;
      if (header instanceof Host) {
        authority = value.isEmpty() ? authority : value;
        add(name, value);
      } else if (header instanceof Connection found) {
        connection = found;
      } else {
        takeByName(header, name, value);
      }
    }

    private void takeByName(HttpHeader header, String name, String value) {
      switch (header.lowercaseName()) {
        case "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            CONNECTING_IP -> {}
        case "upgrade" -> upgrade = header;
        case "expect" -> invitation = RequestBodyStream.Invitation.AWAITED;
        case RequestIds.HEADER -> requestId = value;
        case FORWARDED_FOR -> takeForwardedFor(name, value);
        case FORWARDED_PROTO -> takeForwardedProto(name, value);
        default -> addUnlessMadeByPekko(header, name, value);
      }
    }

    private void addUnlessMadeByPekko(HttpHeader header, String name, String value) {
      if (header.renderInRequests()) {
        add(name, value);
      }
    }

    private void takeForwardedFor(String name, String value) {
      if (forwarded == EdgeConfig.Forwarded.TRUSTED) {
        forwardedFor = value;
        add(name, value);
      }
    }

    private void takeForwardedProto(String name, String value) {
      if (forwarded == EdgeConfig.Forwarded.TRUSTED) {
        scheme = value.equalsIgnoreCase("https") ? "https" : "http";
        add(name, value);
      }
    }

    /** The proxy in front appended the address that it saw. */
    private String connectingIp() {
      String list = forwardedFor;
      return list == null ? peer : list.substring(list.lastIndexOf(',') + 1).strip();
    }

    /** Any other upgrade is not for us; its headers end here. */
    private boolean wantsWebSocket() {
      return upgrade != null
          && upgrade.value().equalsIgnoreCase("websocket")
          && connection != null
          && hasToken(connection, "upgrade")
          && request.method().value().equals("GET")
          && request.protocol().equals(HttpProtocols.HTTP_1_1)
          && request.entity().isKnownEmpty();
    }

    private void addEntityHeaders(RequestEntity entity) {
      ContentType type = entity.getContentType();
      if (sentByClient(type)) {
        add("content-type", type.toString());
      }
      if (!entity.isChunked() && !entity.isKnownEmpty()) {
        add("content-length", Long.toString(entity.getContentLengthOption().orElse(0)));
      }
    }

    private void splitAbsoluteTarget() {
      int start = target.indexOf("://");
      if (start < 0) {
        return;
      }
      int slash = target.indexOf('/', start + 3);
      String rest = slash < 0 ? target.substring(start + 3) : target.substring(start + 3, slash);
      authority = rest.isEmpty() ? authority : rest;
      target = slash < 0 ? "/" : target.substring(slash);
    }

    private Headers headers() {
      try {
        Headers headers = Headers.of(pairs.toArray(String[]::new));
        return connection == null ? headers : withoutConnectionTokens(headers, connection);
      } catch (IllegalArgumentException e) {
        throw new HoldfastException(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()), e);
      }
    }

    private void add(String name, String value) {
      pairs.add(name);
      pairs.add(value);
    }
  }

  private static Headers withoutConnectionTokens(Headers headers, Connection connection) {
    Headers kept = headers;
    for (String token : connection.getTokens()) {
      boolean ofConnection =
          token.equalsIgnoreCase("close")
              || token.equalsIgnoreCase("keep-alive")
              || token.equalsIgnoreCase("upgrade");
      if (!ofConnection) {
        kept = kept.without(token);
      }
    }
    return kept;
  }

  private static boolean hasToken(Connection connection, String wanted) {
    for (String token : connection.getTokens()) {
      if (token.equalsIgnoreCase(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** Equal to what a client may send, so only the identity tells. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean sentByClient(ContentType type) {
    return type != ContentTypes.NO_CONTENT_TYPE && type != NOT_SENT;
  }

  /// The host of `host:port`, in lower case, without a final dot.
  static String hostOf(String authority) {
    int at = authority.lastIndexOf('@');
    String host = at < 0 ? authority : authority.substring(at + 1);
    int colon = host.startsWith("[") ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':');
    host = colon < 0 ? host : host.substring(0, colon);
    host = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    return host.toLowerCase(Locale.ROOT);
  }

  private HoldfastException tooLarge() {
    return new HoldfastException(
        ErrorCode.HEADERS_TOO_LARGE,
        "expected at most " + headerBytesMax + " bytes of headers, found more");
  }
}
