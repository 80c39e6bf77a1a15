package io.holdfast.engine.egress;

import io.holdfast.engine.egress.EgressDecision.Denied;
import io.holdfast.engine.egress.EgressDecision.Handled;
import io.holdfast.engine.egress.EgressDecision.ToInternet;
import io.holdfast.engine.http.BodyCopy;
import io.holdfast.engine.http.HeaderRules;
import io.holdfast.engine.http.HttpFetcher;
import io.holdfast.engine.http.OutgoingBody;
import io.holdfast.engine.http.SocketLine;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.spi.socket.Handshake;
import io.holdfast.sdk.spi.socket.PairedSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The requests of one connection of a container, one after the other, each decided on anew.
///
/// The host is that of the Host header, and where TLS ended here that which the client asked for:
/// one connection is for one host then.
final class HttpRelay {
  private static final Logger LOG = LoggerFactory.getLogger(HttpRelay.class);
  private static final int DENIED = 520;
  private static final String DENIED_TEXT = "Origin is disallowed";

  private final EgressClient client;
  private final Origin.Scheme scheme;
  private final Optional<String> secureHost;
  private final EgressGate gate;
  private final RelayCodec codec;
  private @Nullable HttpFetcher fetcher;

  /// @param secureHost whom the client believes to speak to; empty for plain HTTP
  HttpRelay(
      EgressClient client, Origin.Scheme scheme, Optional<String> secureHost, EgressGate gate) {
    this.client = client;
    this.scheme = scheme;
    this.secureHost = secureHost;
    this.gate = gate;
    this.codec = new RelayCodec(gate.http());
  }

  /// Returns when the connection is over; the socket is closed by the caller.
  void serve(Socket socket, Replay in) throws IOException {
    codec.bind(socket, in);
    codec.setSocketTimeout(Timeout.of(gate.http().readTimeout()));
    try {
      while (serveOne(socket, in)) {
        // One more request on this connection.
      }
    } catch (MessageConstraintException e) {
      refuse(431, e);
    } catch (HttpException e) {
      refuse(400, e);
    } finally {
      HttpFetcher used = fetcher;
      if (used != null) {
        used.close();
      }
    }
  }

  private void refuse(int status, Exception why) throws IOException {
    LOG.debug("{}: {}", client.name(), why.getMessage());
    try {
      send(Response.text(status, String.valueOf(why.getMessage())), null, false);
    } catch (HttpException e) {
      throw new IOException(e);
    }
  }

  /** Whether another request may follow. */
  private boolean serveOne(Socket socket, Replay in) throws IOException, HttpException {
    ClassicHttpRequest head = codec.receiveRequestHeader();
    if (head == null) {
      return false;
    }
    codec.receiveRequestEntity(head);
    IncomingBody body = IncomingBody.of(head, codec);
    Optional<Origin> origin = origin(head);
    if (origin.isEmpty()) {
      Response refusal = Response.text(400, "expected one Host header that names a host");
      send(refusal, head, false);
      return false;
    }
    boolean misdirected = secureHost.isPresent() && !secureHost.get().equals(origin.get().host());
    if (misdirected || origin.get().port() != defaultPort()) {
      send(Response.text(421, "expected a request to the host of this connection"), head, false);
      return false;
    }
    Response response = answer(origin.get(), request(origin.get(), head, body.body()));
    Optional<WebSocket> webSocket = response.webSocket();
    if (webSocket.isPresent()) {
      upgrade(head, response, webSocket.get(), socket, in);
      return false;
    }
    // As far as the client is asked: how the answer ends is for `send` to say.
    boolean again =
        DefaultConnectionReuseStrategy.INSTANCE.keepAlive(
            head, new BasicClassicHttpResponse(204), HttpCoreContext.create());
    return send(response, head, again & body.endOfContinue());
  }

  // ---- the request
  // --------------------------------------------------------------------------------------------

  private int defaultPort() {
    return switch (scheme) {
      case HTTP -> 80;
      case HTTPS -> 443;
    };
  }

  /** Whom the request is for; empty when it does not say so clearly. */
  private Optional<Origin> origin(ClassicHttpRequest head) {
    Header[] hosts = head.getHeaders("Host");
    boolean absolute = head.getAuthority() != null;
    if (hosts.length != 1 && !(absolute && hosts.length == 0)) {
      return Optional.empty();
    }
    String named = hosts.length == 1 ? hosts[0].getValue() : head.getAuthority().toString();
    if (named == null || (absolute && !head.getAuthority().toString().equalsIgnoreCase(named))) {
      return Optional.empty();
    }
    int colon = named.indexOf(':');
    String host = HostPattern.normal(colon < 0 ? named : named.substring(0, colon));
    String port = colon < 0 ? Integer.toString(defaultPort()) : named.substring(colon + 1);
    return HostName.isOne(host) && port.matches("\\d{1,5}")
        ? Optional.of(new Origin(scheme, host, Integer.parseInt(port)))
        : Optional.empty();
  }

  private Request request(Origin origin, ClassicHttpRequest head, Body body) throws HttpException {
    String path = head.getPath() == null || head.getPath().isEmpty() ? "/" : head.getPath();
    List<String> headers = new ArrayList<>();
    for (Header header : head.getHeaders()) {
      headers.add(header.getName());
      headers.add(header.getValue() == null ? "" : header.getValue());
    }
    try {
      return Request.of(
          head.getMethod(),
          base(origin) + (path.startsWith("/") ? path : "/" + path),
          Headers.of(headers.toArray(String[]::new)),
          body);
    } catch (IllegalArgumentException e) {
      throw new ProtocolException(e.getMessage());
    }
  }

  private String base(Origin origin) {
    return switch (scheme) {
      case HTTP -> "http://" + authority(origin.host(), gate.ports().http(), 80);
      case HTTPS -> "https://" + authority(origin.host(), gate.ports().https(), 443);
    };
  }

  private static String authority(String host, int port, int usual) {
    return port == usual ? host : host + ":" + port;
  }

  // ---- the answer
  // ---------------------------------------------------------------------------------------------

  private Response answer(Origin origin, Request request) {
    return switch (client.policy().decide(origin)) {
      case Denied(EgressDecision.Why why) -> denied(origin, why.text());
      case Handled(HandlerRef handler) -> handled(handler, origin, request);
      case ToInternet() -> fetched(origin, request);
    };
  }

  private Response denied(Origin origin, String why) {
    LOG.info("{}: {} to {} is denied: {}", client.name(), origin.scheme(), origin.host(), why);
    return Response.text(DENIED, DENIED_TEXT);
  }

  private Response handled(HandlerRef handler, Origin origin, Request request) {
    try {
      return client.handle(handler, request);
    } catch (Exception e) {
      LOG.warn("{}: the outbound handler of {} failed", client.name(), origin.host(), e);
      return Response.text(502, "the outbound handler of this host failed");
    }
  }

  private Response fetched(Origin origin, Request request) {
    HttpFetcher own = fetcher == null ? gate.fetcher(client) : fetcher;
    fetcher = own;
    try {
      return own.fetch(request);
    } catch (HoldfastException e) {
      if (e.getCause() instanceof WorldAddresses.ClosedException closed) {
        return denied(origin, String.valueOf(closed.getMessage()));
      }
      int status =
          switch (e.code()) {
            case TIMEOUT -> 504;
            case INVALID_REQUEST -> 400;
            default -> 502;
          };
      return Response.text(status, e.getMessage());
    }
  }

  /** Whether another request may follow. */
  private boolean send(Response response, @Nullable ClassicHttpRequest head, boolean again)
      throws IOException, HttpException {
    Body body = response.body();
    InputStream content = null;
    try {
      boolean bodiless =
          (head != null && head.getMethod().equals("HEAD"))
              || response.status() == 204
              || response.status() == 304;
      boolean old = head != null && head.getVersion().lessEquals(HttpVersion.HTTP_1_0);
      boolean untilClose = !bodiless && body.length().isEmpty() && old;
      boolean open = again && !untilClose;
      ClassicHttpResponse out = new BasicClassicHttpResponse(response.status());
      HeaderRules.forwardResponse(response.headers(), out::addHeader);
      frame(out, response, bodiless, untilClose);
      if (!open) {
        out.addHeader("Connection", "close");
      }
      codec.sendResponseHeader(out);
      content = body.stream();
      if (!bodiless) {
        BodyCopy copy = new BodyCopy(content, body.length(), _ -> codec.cut());
        out.setEntity(new OutgoingBody(to -> copy.to(to, _ -> {})));
        codec.sendResponseEntity(out);
      }
      codec.flush();
      return open;
    } finally {
      if (content == null) {
        content = body.stream();
      }
      content.close();
    }
  }

  private static void frame(
      ClassicHttpResponse out, Response response, boolean bodiless, boolean untilClose) {
    OptionalLong length = response.body().length();
    if (bodiless) {
      response.header("content-length").ifPresent(told -> out.addHeader("Content-Length", told));
    } else if (length.isPresent()) {
      out.addHeader("Content-Length", Long.toString(length.getAsLong()));
    } else if (!untilClose) {
      out.addHeader("Transfer-Encoding", "chunked");
    }
  }

  // ---- WebSockets
  // ---------------------------------------------------------------------------------------------

  private void upgrade(
      ClassicHttpRequest head, Response response, WebSocket webSocket, Socket socket, Replay in)
      throws IOException, HttpException {
    Header key = head.getFirstHeader("Sec-WebSocket-Key");
    if (key == null || key.getValue() == null || !in.isAtEndOfHead()) {
      PairedSocket.abandon(webSocket);
      send(Response.text(400, "expected a WebSocket handshake, and no more before"), head, false);
      return;
    }
    ClassicHttpResponse out = new BasicClassicHttpResponse(101);
    HeaderRules.forwardResponse(response.headers(), out::addHeader);
    out.addHeader("Upgrade", "websocket");
    out.addHeader("Connection", "Upgrade");
    out.addHeader("Sec-WebSocket-Accept", Handshake.accept(key.getValue()));
    codec.sendResponseHeader(out);
    codec.flush();
    socket.setSoTimeout(0);
    CountDownLatch over = new CountDownLatch(1);
    SocketLine.toClient(new ClientLine(socket, over), in, PairedSocket.take(webSocket));
    try {
      over.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private record ClientLine(Socket socket, CountDownLatch over) implements SocketLine.Line {
    @Override
    public OutputStream output() throws IOException {
      return socket.getOutputStream();
    }

    @Override
    public void endOutput() throws IOException {
      socket.shutdownOutput();
    }

    @Override
    public void discard() {
      try {
        socket.close();
      } catch (IOException _) {
        // It is closed either way.
      } finally {
        over.countDown();
      }
    }
  }
}
