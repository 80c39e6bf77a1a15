package io.holdfast.sdk;

import java.util.Optional;

/// An HTTP response: immutable but for its body, which can be read once when it is a stream.
public final class Response {
  private static final Headers TEXT = Headers.of("content-type", "text/plain; charset=utf-8");
  private static final Headers JSON = Headers.of("content-type", "application/json");

  private final int status;
  private final Headers headers;
  private final Body body;

  private Response(int status, Headers headers, Body body) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("expected a status from 200 to 599, found " + status);
    }
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  public static Response of(int status, Headers headers, Body body) {
    return new Response(status, headers, body);
  }

  /// A response without a body.
  public static Response status(int status) {
    return new Response(status, Headers.empty(), Body.empty());
  }

  /// 200 with UTF-8 text.
  public static Response text(String text) {
    return text(200, text);
  }

  public static Response text(int status, String text) {
    return new Response(status, TEXT, Body.of(text));
  }

  /// 200 with the JSON form of the value, see [Body#json(Object)].
  public static Response json(Object value) {
    return json(200, value);
  }

  public static Response json(int status, Object value) {
    return new Response(status, JSON, Body.json(value));
  }

  /// 200 to 599.
  public int status() {
    return status;
  }

  /// True for 200 to 299.
  public boolean ok() {
    return status < 300;
  }

  public Headers headers() {
    return headers;
  }

  public Optional<String> header(String name) {
    return headers.first(name);
  }

  public Body body() {
    return body;
  }

  public Response withStatus(int newStatus) {
    return new Response(newStatus, headers, body);
  }

  public Response withHeaders(Headers newHeaders) {
    return new Response(status, newHeaders, body);
  }

  /// This response with the header in place of all of its name.
  public Response withHeader(String name, String value) {
    return new Response(status, headers.with(name, value), body);
  }

  public Response withBody(Body newBody) {
    return new Response(status, headers, newBody);
  }

  @Override
  public String toString() {
    return "Response " + status;
  }
}
