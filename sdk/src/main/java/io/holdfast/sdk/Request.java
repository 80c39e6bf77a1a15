package io.holdfast.sdk;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An HTTP request: immutable but for its body, which can be read once when it is a stream.
public final class Request {
  private final String method;
  private final String url;
  private final Headers headers;
  private final Body body;
  private @Nullable URI uri;

  private Request(String method, String url, Headers headers, Body body) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.body = body;
  }

  public static Request of(String method, String url, Headers headers, Body body) {
    return new Request(method, url, headers, body);
  }

  public static Request get(String url) {
    return new Request("GET", url, Headers.empty(), Body.empty());
  }

  public static Request post(String url, Body body) {
    return new Request("POST", url, Headers.empty(), body);
  }

  /// The method in upper case, such as `GET`.
  public String method() {
    return method;
  }

  /// The whole URL, such as `http://host/path?x=1`, percent-encoded as it was received.
  public String url() {
    return url;
  }

  /// The URL, parsed.
  ///
  /// @throws IllegalArgumentException when it is not a URI
  public URI uri() {
    URI parsed = uri;
    if (parsed == null) {
      parsed = URI.create(url);
      uri = parsed;
    }
    return parsed;
  }

  /// The path of the URL, percent-encoded, `/` when it has none.
  public String path() {
    int start = pathStart();
    int end = url.length();
    for (int i = start; i < end; i++) {
      char c = url.charAt(i);
      if (c == '?' || c == '#') {
        end = i;
      }
    }
    return start >= end ? "/" : url.substring(start, end);
  }

  private int pathStart() {
    if (url.startsWith("/")) {
      return 0;
    }
    int scheme = url.indexOf("://");
    if (scheme < 0) {
      return 0;
    }
    for (int i = scheme + 3; i < url.length(); i++) {
      char c = url.charAt(i);
      if (c == '/' || c == '?' || c == '#') {
        return i;
      }
    }
    return url.length();
  }

  /// The first value of a query parameter, decoded.
  ///
  /// @throws IllegalArgumentException when its percent-encoding is broken
  public Optional<String> query(String name) {
    int mark = url.indexOf('?');
    if (mark < 0) {
      return Optional.empty();
    }
    int hash = url.indexOf('#', mark);
    String query = hash < 0 ? url.substring(mark + 1) : url.substring(mark + 1, hash);
    for (String pair : query.split("&")) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (decode(key).equals(name)) {
        return Optional.of(equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return Optional.empty();
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
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

  public Request withUrl(String newUrl) {
    return new Request(method, newUrl, headers, body);
  }

  public Request withMethod(String newMethod) {
    return new Request(newMethod, url, headers, body);
  }

  public Request withHeaders(Headers newHeaders) {
    return new Request(method, url, newHeaders, body);
  }

  /// This request with the header in place of all of its name.
  public Request withHeader(String name, String value) {
    return new Request(method, url, headers.with(name, value), body);
  }

  public Request withBody(Body newBody) {
    return new Request(method, url, headers, newBody);
  }

  @Override
  public String toString() {
    return method + " " + url;
  }
}
