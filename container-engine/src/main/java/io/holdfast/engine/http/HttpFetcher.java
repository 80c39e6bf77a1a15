package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import javax.net.ssl.SSLSocketFactory;

/// HTTP/1.1 to any http or https URL: what an app's outbound `fetch` runs on.
///
/// As [ContainerHttpClient], but it looks the host up and speaks TLS with the JDK's trust store,
/// the host name checked.
public final class HttpFetcher implements AutoCloseable {
  private final LinePools lines;
  private final HttpExchange exchange;
  private final FetchOptions defaults;

  public HttpFetcher(HttpConfig config) {
    this(config, (SSLSocketFactory) SSLSocketFactory.getDefault());
  }

  /// @param tls makes the connections of https URLs; decides which certificates are trusted
  public HttpFetcher(HttpConfig config, SSLSocketFactory tls) {
    this(config, tls, HostAddresses.OF_MACHINE);
  }

  /// @param addresses where hosts are; asked for each new connection
  public HttpFetcher(HttpConfig config, SSLSocketFactory tls, HostAddresses addresses) {
    this.lines = new LinePools(config, tls, addresses);
    this.exchange = new HttpExchange(lines, config);
    this.defaults = FetchOptions.of(config);
  }

  public Response fetch(Request request) {
    return fetch(request, defaults);
  }

  /// Sends the request to the host of its URL. Redirects are answers like any other.
  ///
  /// @throws HoldfastException [ErrorCode#FETCH_FAILED] when the host is unknown, refuses, breaks
  ///   off or does not speak HTTP/1; [ErrorCode#TIMEOUT] after a long silence;
  ///   [ErrorCode#INVALID_REQUEST] when the URL is not http or https
  public Response fetch(Request request, FetchOptions options) {
    RequestTarget target = RequestTarget.of(request.url());
    Route.Scheme scheme =
        switch (target.scheme()) {
          case "http" -> Route.Scheme.HTTP;
          case "https" -> Route.Scheme.HTTPS;
          default ->
              throw new HoldfastException(
                  ErrorCode.INVALID_REQUEST,
                  "expected an http or https URL, found '%s'".formatted(request.url()));
        };
    Route route = new Route.ToHost(scheme, target.host(), target.port());
    return exchange.send(route, new OutgoingRequest(request, target), options);
  }

  @Override
  public void close() {
    lines.close();
  }
}
