package io.holdfast.edge;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// `/v1/…`: objects for callers without a Worker, behind a token.
///
/// | request | answer |
/// |---|---|
/// | `POST /v1/objects/{namespace}/{name}/rpc/{method}` with a JSON array of arguments, or nothing | the result as JSON; that of a method with an `InputStream` as bytes |
/// | any method on `/v1/objects/{namespace}/{name}/fetch/{path…}` | what the object's `fetch` answers to `http://<host>/{path…}` |
///
/// Both take an `Idempotency-Key`, see [IdempotencyKey].
final class ServiceApi {
  private static final byte[] NO_ARGUMENTS = "[]".getBytes(StandardCharsets.US_ASCII);
  private static final Headers JSON = Headers.of("content-type", "application/json");
  private static final Headers BYTES = Headers.of("content-type", "application/octet-stream");

  private final ObjectGateway gateway;
  private final NamespaceDirectory namespaces;
  private final @Nullable BearerToken token;
  private final EdgeMetrics metrics;
  private final int rpcBytesMax;

  ServiceApi(EdgeServices services, EdgeMetrics metrics, int rpcBytesMax) {
    this.gateway = services.gateway();
    this.namespaces = services.namespaces();
    this.token = services.token().orElse(null);
    this.metrics = metrics;
    this.rpcBytesMax = rpcBytesMax;
  }

  /// Never blocks.
  void handle(Exchange exchange, Body body) {
    try {
      route(exchange, body);
    } catch (HoldfastException e) {
      exchange.fail(e);
    }
  }

  private void route(Exchange exchange, Body body) {
    RequestHead head = exchange.head();
    if (!authorized(head)) {
      exchange.answer(unauthorized(exchange));
      return;
    }
    ObjectPath path = ObjectPath.parse(head.path());
    String verb = path == null ? "" : path.verb();
    if (path != null && verb.equals("fetch")) {
      fetch(exchange, path, body);
    } else if (path != null && verb.equals("rpc") && isMethod(path.rest())) {
      rpc(exchange, path, body);
    } else {
      exchange.answer(notFound(exchange));
    }
  }

  /// Whether the request carries the token.
  boolean authorized(RequestHead head) {
    return token != null && token.authorizes(head);
  }

  Response unauthorized(Exchange exchange) {
    metrics.unauthorized();
    String expected =
        token == null
            ? "expected a node with a token for the service API, found none configured"
            : "expected 'Authorization: Bearer <token>' with the token of this node";
    return ErrorReply.of(ErrorCode.NOT_AUTHORIZED, expected, exchange.requestId())
        .withHeader("www-authenticate", "Bearer");
  }

  private static Response notFound(Exchange exchange) {
    return ErrorReply.of(
        ErrorCode.ROUTE_NOT_FOUND,
        "expected /v1/objects/{namespace}/{name}/rpc/{method} or …/fetch/{path}, found '"
            + exchange.head().path()
            + "'",
        exchange.requestId());
  }

  private static boolean isMethod(String rest) {
    return rest.length() > 1 && rest.indexOf('/', 1) < 0;
  }

  private void fetch(Exchange exchange, ObjectPath path, Body body) {
    RequestHead head = exchange.head();
    String target = path.rest().isEmpty() ? "/" : Paths.withoutDotSegments(path.rest());
    Request request =
        Request.of(head.method(), head.url(target), head.headers().without("authorization"), body);
    answerWith(exchange, gateway.fetch(address(path), request, context(exchange)));
  }

  private void rpc(Exchange exchange, ObjectPath path, Body body) {
    if (!exchange.head().method().equals("POST")) {
      exchange.answer(
          ErrorReply.of(
                  ErrorCode.METHOD_NOT_ALLOWED,
                  "expected POST, found " + exchange.head().method(),
                  exchange.requestId())
              .withHeader("allow", "POST"));
      return;
    }
    String method = ObjectPath.decode(path.rest().substring(1));
    ObjectAddress address = address(path);
    if (body.length().orElse(0) > rpcBytesMax) {
      throw tooLarge();
    }
    byte[] bytes = body.buffered().orElse(null);
    if (bytes != null) {
      invoke(exchange, address, method, bytes);
    } else {
      Thread.ofVirtual()
          .name("edge-rpc")
          .start(() -> readAndInvoke(exchange, address, method, body));
    }
  }

  private void readAndInvoke(Exchange exchange, ObjectAddress address, String method, Body body) {
    try (InputStream stream = body.stream()) {
      byte[] bytes = stream.readNBytes(rpcBytesMax);
      if (stream.read() >= 0) {
        throw tooLarge();
      }
      invoke(exchange, address, method, bytes);
    } catch (IOException | RuntimeException e) {
      exchange.fail(e);
    }
  }

  private HoldfastException tooLarge() {
    return new HoldfastException(
        ErrorCode.BODY_TOO_LARGE,
        "expected arguments of at most " + rpcBytesMax + " bytes, found more");
  }

  private void invoke(Exchange exchange, ObjectAddress address, String method, byte[] bytes) {
    RpcCall call = new RpcCall(method, RpcCall.Encoding.JSON, arguments(bytes));
    answerWith(
        exchange,
        gateway
            .invoke(
                address, call, context(exchange).with(IdempotencyKey.of(exchange.head().headers())))
            .thenApply(ServiceApi::response));
  }

  private static Response response(RpcResult result) {
    return switch (result) {
      case RpcResult.Value(byte[] json) -> Response.of(200, JSON, Body.of(json));
      case RpcResult.Bytes(InputStream stream) -> Response.of(200, BYTES, Body.of(stream));
    };
  }

  /** Only a look at the first character: the object reads the JSON. */
  private static byte[] arguments(byte[] bytes) {
    for (byte b : bytes) {
      if (b == '[') {
        return bytes;
      }
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT, "expected a JSON array of arguments, found other content");
      }
    }
    return NO_ARGUMENTS;
  }

  private ObjectAddress address(ObjectPath path) {
    return ObjectPath.address(namespaces, namespaces.resolve(path.namespace()), path.name());
  }

  private static CallContext context(Exchange exchange) {
    return CallContext.of(exchange.requestId());
  }

  private static void answerWith(Exchange exchange, CompletableFuture<Response> outcome) {
    var _ =
        outcome.whenComplete((response, failure) -> {
          if (failure != null) {
            exchange.fail(failure);
          } else {
            exchange.answer(response);
          }
        });
  }
}
