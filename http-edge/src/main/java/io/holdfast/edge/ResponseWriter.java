package io.holdfast.edge;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// Turns our response into Pekko's.
///
/// Header lines go out as they are, but for those that belong to the connection and those that
/// Pekko writes itself (`date`, `content-length`, `transfer-encoding`).
final class ResponseWriter {
  private static final StatusCode[] STATUSES = statuses();
  private static final HttpHeader CLOSE = Connection.create("close");

  /// A response ready for Pekko.
  ///
  /// @param body the streamed body, which reports when it is over; null when the body is in memory
  /// @param openEnded whether the body's length is unknown
  /// @param bytes the length of a body in memory
  record Written(
      int status,
      HttpResponse response,
      @Nullable ResponseBodySource body,
      boolean openEnded,
      long bytes) {
    void abandon() {
      if (body != null) {
        body.abandon();
      }
    }
  }

  /// @param listener hears about a streamed body
  /// @param closing whether the connection is to close after this response
  Written write(
      Response response,
      RequestHead request,
      ResponseBodySource.Listener listener,
      boolean closing) {
    HttpResponse head =
        HttpResponse.create()
            .withStatus(STATUSES[response.status()])
            .withHeaders(headers(response.headers(), request.requestId(), closing));
    Body body = response.body();
    boolean bodyless = response.status() == 204 || response.status() == 304;
    if (bodyless || request.method().equals("HEAD")) {
      closeUnread(body);
      return inMemory(
          response.status(), head, bodyless ? HttpEntities.EMPTY : headEntity(response), 0);
    }
    byte[] bytes = body.buffered().orElse(null);
    if (bytes != null) {
      return inMemory(response.status(), head, strict(bytes), bytes.length);
    }
    return streamed(response.status(), head, body, listener);
  }

  private static Written inMemory(
      int status, HttpResponse head, ResponseEntity entity, long bytes) {
    return new Written(status, head.withEntity(entity), null, false, bytes);
  }

  private static Written streamed(
      int status, HttpResponse head, Body body, ResponseBodySource.Listener listener) {
    OptionalLong length = body.length();
    if (length.isPresent() && length.getAsLong() == 0) {
      closeUnread(body);
      return inMemory(status, head, strict(new byte[0]), 0);
    }
    ResponseBodySource source = new ResponseBodySource(body.stream(), listener);
    Source<ByteString, ?> bytes = Source.fromGraph(source);
    ResponseEntity entity =
        length.isPresent()
            ? HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, length.getAsLong(), bytes)
            : HttpEntities.createChunked(ContentTypes.NO_CONTENT_TYPE, bytes);
    return new Written(status, head.withEntity(entity), source, length.isEmpty(), 0);
  }

  private static ResponseEntity strict(byte[] bytes) {
    return HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, ByteString.fromArrayUnsafe(bytes));
  }

  /** What a GET would have said of its length. */
  private static ResponseEntity headEntity(Response response) {
    OptionalLong length = response.body().length();
    if (length.isEmpty()) {
      return HttpEntities.createChunked(ContentTypes.NO_CONTENT_TYPE, Source.empty());
    }
    long bytes = length.getAsLong() > 0 ? length.getAsLong() : declaredLength(response.headers());
    return bytes == 0
        ? strict(new byte[0])
        : HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, bytes, Source.empty());
  }

  private static long declaredLength(Headers headers) {
    try {
      return Math.max(0, headers.first("content-length").map(Long::parseLong).orElse(0L));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static List<HttpHeader> headers(Headers headers, String requestId, boolean closing) {
    List<HttpHeader> lines = new ArrayList<>(headers.size() + 2);
    Headers own = withoutConnectionTokens(headers);
    for (int i = 0; i < own.size(); i++) {
      if (passes(own.name(i))) {
        lines.add(new RawHeaderLine(own.name(i), own.value(i)));
      }
    }
    lines.add(new RawHeaderLine(RequestIds.HEADER, requestId));
    if (closing) {
      lines.add(CLOSE);
    }
    return lines;
  }

  static Headers withoutConnectionTokens(Headers headers) {
    Headers kept = headers;
    for (String value : headers.all("connection")) {
      for (String token : value.split(",")) {
        kept = token.isBlank() ? kept : kept.without(token.strip());
      }
    }
    return kept;
  }

  /// Whether a response header goes to the client as the app gave it.
  static boolean passes(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "content-length",
          "date",
          RequestIds.HEADER ->
          false;
      default -> true;
    };
  }

  /// Closes a streamed body that nobody will read.
  static void closeUnread(Body body) {
    if (body.buffered().isEmpty()) {
      Thread.ofVirtual().name("edge-body-close").start(() -> close(body));
    }
  }

  private static void close(Body body) {
    try (InputStream stream = body.stream()) {
      EdgeLog.LOG.trace("closing unread {}", stream);
    } catch (IOException | RuntimeException e) {
      EdgeLog.LOG.debug("closing a response body failed: {}", e.toString());
    }
  }

  private static StatusCode[] statuses() {
    StatusCode[] statuses = new StatusCode[600];
    for (int i = 200; i < 600; i++) {
      int code = i;
      statuses[i] =
          StatusCodes.lookup(i)
              .orElseGet(() -> StatusCodes.custom(code, "Status " + code, "", code < 400, true));
    }
    return statuses;
  }
}
