package io.holdfast.edge;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.spi.socket.PairedSocket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.Materializer;

/// Takes each request to the Worker, the service API or the operator endpoint it is meant for.
final class RequestHandler implements Exchange.ExchangeObserver {
  private final EdgeConfig config;
  private final RequestReader reader;
  private final ResponseWriter writer = new ResponseWriter();
  private final RouteTable<WorkerHost> routes;
  private final EdgeServices.Clients clients;
  private final ServiceApi serviceApi;
  private final OperatorEndpoints operator;
  private final AdminApi adminApi;
  private final EdgeMetrics metrics;
  private final AccessLog accessLog;
  private final BooleanSupplier draining;
  private final Materializer materializer;
  private final AtomicInteger inFlight = new AtomicInteger();

  RequestHandler(
      EdgeConfig config,
      RouteTable<WorkerHost> routes,
      EdgeServices.Clients clients,
      ServiceApi serviceApi,
      OperatorEndpoints operator,
      AdminApi adminApi,
      EdgeMetrics metrics,
      AccessLog accessLog,
      BooleanSupplier draining,
      Materializer materializer) {
    this.config = config;
    this.reader = new RequestReader(config);
    this.routes = routes;
    this.clients = clients;
    this.serviceApi = serviceApi;
    this.operator = operator;
    this.adminApi = adminApi;
    this.metrics = metrics;
    this.accessLog = accessLog;
    this.draining = draining;
    this.materializer = materializer;
  }

  /// Requests that count against the limit.
  int inFlight() {
    return inFlight.get();
  }

  /// Never blocks and never throws.
  void handle(HttpRequest request, EdgeConnection connection, Consumer<HttpResponse> reply) {
    RequestHead head;
    HoldfastException problem = null;
    try {
      head = reader.read(request, connection.peer());
    } catch (HoldfastException e) {
      head = RequestHead.unreadable(RequestIds.next(), request.method().value());
      problem = e;
    }
    Exchange exchange = new Exchange(head, connection, this, reply);
    inFlight.incrementAndGet();
    connection.begin(exchange);
    try {
      if (problem != null) {
        throw problem;
      }
      dispatch(exchange, body(exchange, request.entity()));
    } catch (RuntimeException e) {
      exchange.fail(e);
    }
  }

  private Body body(Exchange exchange, RequestEntity entity) {
    if (entity.getContentLengthOption().orElse(0) > config.bodyBytesMax()) {
      refuseBody(exchange, entity);
    }
    if (entity instanceof HttpEntity.Strict strict) {
      byte[] bytes = strict.getData().toArray();
      exchange.receivedWhole(bytes.length);
      return Body.of(bytes);
    }
    RequestBodyStream stream = stream(exchange, entity);
    exchange.receives(stream);
    return entity.isChunked()
        ? Body.of(stream)
        : Body.of(stream, entity.getContentLengthOption().orElse(0));
  }

  private RequestBodyStream stream(Exchange exchange, RequestEntity entity) {
    return new RequestBodyStream(
        entity, materializer, config.bodyBytesMax(), exchange.head().invitation());
  }

  private void refuseBody(Exchange exchange, RequestEntity entity) {
    if (!entity.isStrict()) {
      exchange.receives(stream(exchange, entity));
    }
    throw new HoldfastException(
        ErrorCode.BODY_TOO_LARGE, Limits.bodyTooLarge(config.bodyBytesMax()));
  }

  private void dispatch(Exchange exchange, Body body) {
    RequestHead head = exchange.head();
    if (ReservedPaths.isOperator(head.path())) {
      exchange.belongsTo(EdgeMetrics.OPERATOR);
      operator.handle(exchange);
    } else if (ReservedPaths.isAdmin(head.path())) {
      exchange.belongsTo(EdgeMetrics.OPERATOR);
      adminApi.handle(exchange, body);
    } else if (clients == EdgeServices.Clients.REFUSED) {
      throw new HoldfastException(
          ErrorCode.NOT_AN_EDGE,
          "expected a request to an edge, found that this node has not that role: see"
              + " holdfast.cluster.roles");
    } else if (inFlight.get() > config.requestsInFlightMax()) {
      metrics.overloaded();
      exchange.answer(overloaded(exchange));
    } else if (head.webSocket() && UpgradeRequest.refusal(head) instanceof Response refusal) {
      exchange.answer(refusal);
    } else if (ReservedPaths.isServiceApi(head.path())) {
      exchange.belongsTo(EdgeMetrics.SERVICE);
      serviceApi.handle(exchange, body);
    } else {
      toWorker(exchange, body);
    }
  }

  private void toWorker(Exchange exchange, Body body) {
    RequestHead head = exchange.head();
    WorkerHost host = routes.find(head.host(), head.path());
    if (host == null) {
      throw new HoldfastException(
          ErrorCode.ROUTE_NOT_FOUND,
          "no app has a route for host '%s' and path '%s'".formatted(head.host(), head.path()));
    }
    exchange.belongsTo(host.app());
    host.fetch(exchange, body);
  }

  private Response overloaded(Exchange exchange) {
    return ErrorReply.of(
        ErrorCode.NODE_OVERLOADED,
        "expected at most "
            + config.requestsInFlightMax()
            + " requests in flight at this node, found more",
        exchange.requestId());
  }

  @Override
  public ResponseWriter.Written write(Response response, Exchange exchange) {
    return writer.write(response, exchange.head(), exchange, draining.getAsBoolean());
  }

  @Override
  public EdgeSocket socket(WebSocket webSocket) {
    return new EdgeSocket(PairedSocket.take(webSocket), config.webSockets(), metrics.sockets());
  }

  @Override
  public void over(Exchange exchange) {
    metrics.record(exchange);
    accessLog.record(exchange);
  }

  @Override
  public void released(Exchange exchange) {
    inFlight.decrementAndGet();
  }
}
