package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLSocketFactory;

/// HTTP/1.1 to the ports of containers, streaming both ways, over pooled connections.
///
/// The caller reads the body of every answer to its end or closes it: until then the connection is
/// taken. Bodies of known length up to 64 KB ([HttpConfig#bufferedBodyBytesMax()]) are in memory
/// when [#fetch] returns and need no care. A request with `Upgrade: websocket` may be answered with
/// a [Response#webSocket()], which takes its connection until both sides have closed it.
public final class ContainerHttpClient implements AutoCloseable {
  private final LinePools lines;
  private final HttpExchange exchange;
  private final FetchOptions defaults;

  public ContainerHttpClient(HttpConfig config) {
    this.lines =
        new LinePools(
            config, (SSLSocketFactory) SSLSocketFactory.getDefault(), HostAddresses.OF_MACHINE);
    this.exchange = new HttpExchange(lines, config);
    this.defaults = FetchOptions.of(config);
  }

  public Response fetch(InetSocketAddress endpoint, Request request) {
    return fetch(endpoint, request, defaults);
  }

  /// Sends the request to the endpoint; the host of its URL is only the Host header.
  ///
  /// A resting connection that turns out closed is replaced unnoticed, unless the container may
  /// have acted on the request: see [HttpExchange].
  ///
  /// @throws HoldfastException [ErrorCode#CONTAINER_NOT_LISTENING] when nobody accepts on the port;
  ///   [ErrorCode#CONTAINER_DISCONNECTED] when the container breaks off before its answer, or
  ///   answers something else than HTTP/1; [ErrorCode#TIMEOUT] after a long silence;
  ///   [ErrorCode#CONTAINER_NO_CAPACITY] when too many requests to the endpoint are under way;
  ///   [ErrorCode#INVALID_REQUEST] when the URL or method cannot be sent, or the request body
  ///   breaks off
  public Response fetch(InetSocketAddress endpoint, Request request, FetchOptions options) {
    RequestTarget target = RequestTarget.of(request.url());
    return exchange.send(
        new Route.ToContainer(endpoint), new OutgoingRequest(request, target), options);
  }

  /// A TCP connection to the endpoint, of its own.
  ///
  /// @param atEnd runs once, when it is closed or both directions have ended
  /// @throws HoldfastException [ErrorCode#CONTAINER_NOT_LISTENING]
  public RawConnection connect(InetSocketAddress endpoint, Runnable atEnd) {
    return RawConnection.open(endpoint, defaults.connectTimeout(), atEnd);
  }

  /// Closes the resting connections to a container; requests under way end in peace. For when it is
  /// about to stop.
  public void closeIdle(InetAddress address) {
    lines.retire(route -> leadsTo(route, address));
  }

  /// Closes all connections to a container; requests under way fail at once. For when it has ended:
  /// its address will be another's.
  public void closeAll(InetAddress address) {
    lines.cut(route -> leadsTo(route, address));
  }

  private static boolean leadsTo(Route route, InetAddress address) {
    return route instanceof Route.ToContainer(InetSocketAddress endpoint)
        && endpoint.getAddress().equals(address);
  }

  /// Connections on which a request or an answer is under way.
  public int underWay() {
    return lines.underWay();
  }

  /// Connections kept for the next request.
  public int idle() {
    return lines.resting();
  }

  @Override
  public void close() {
    lines.close();
  }
}
