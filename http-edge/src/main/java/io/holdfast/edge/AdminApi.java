package io.holdfast.edge;

import io.holdfast.edge.AdminRequest.Verb;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.ForkedAlarm;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/…`: objects and their past for operators, behind a token of its own. Each call is
/// written to the audit log.
///
/// | request | answer |
/// |---|---|
/// | `GET /admin/v1/namespaces/{namespace}/objects?limit=&after=` | the objects that have stored anything |
/// | `GET …/objects/{name}/history?limit=&before=` | commits, newest first |
/// | `GET …/objects/{name}/diff?from=&to=&rows=` | what differs between two moments |
/// | `POST …/objects/{name}/fork` with `{"to": name, "at": moment, "alarm": "dropped" or "kept"}` | the new object |
/// | `POST …/objects/{name}/restore` with `{"at": moment}` | the bookmark that undoes it |
/// | `POST …/objects/{name}/move` with `{"region": name}` | its home, once it answers there |
///
/// Containers and metering: [NodeApi].
///
/// A moment is a bookmark or a time such as `2026-11-24T10:00:00Z`. A name may be `id:` and 64 hex
/// digits.
final class AdminApi {
  /// Calls may read whole objects: so many at once, further ones are refused.
  static final int CALLS_MAX = 8;

  static final int BODY_BYTES_MAX = 16 * 1024;
  private static final int PAGE_MAX = 1000;
  private static final int PAGE_DEFAULT = 100;
  private static final int ROWS_DEFAULT = 100;
  static final Headers JSON =
      Headers.of("content-type", "application/json", "cache-control", "no-store");

  private final @Nullable AdminServices admin;
  private final NamespaceDirectory namespaces;
  private final EdgeMetrics metrics;
  private final ValueCodec codec = new ValueCodec();
  private final Semaphore calls = new Semaphore(CALLS_MAX);

  AdminApi(EdgeServices services, EdgeMetrics metrics) {
    this.admin = services.admin().orElse(null);
    this.namespaces = services.namespaces();
    this.metrics = metrics;
  }

  /// Never blocks.
  void handle(Exchange exchange, Body body) {
    AuditLine audit = new AuditLine(exchange);
    if (admin == null) {
      end(
          exchange,
          audit,
          refusal(ErrorCode.ROUTE_NOT_FOUND, "expected no admin request: it is off"));
    } else if (!admin.token().authorizes(exchange.head())) {
      metrics.unauthorized();
      end(exchange, audit, notAuthorized());
    } else {
      audit.authorized();
      begin(admin, exchange, body, audit);
    }
  }

  private void begin(AdminServices services, Exchange exchange, Body body, AuditLine audit) {
    if (!calls.tryAcquire()) {
      String why = "expected at most " + CALLS_MAX + " admin requests at once, found more";
      end(exchange, audit, refusal(ErrorCode.NODE_OVERLOADED, why));
    } else {
      exchange.runsOn(
          Thread.ofVirtual()
              .name("edge-admin")
              .start(() -> answer(services, exchange, body, audit)));
    }
  }

  private static HoldfastException notAuthorized() {
    return refusal(
        ErrorCode.NOT_AUTHORIZED,
        "expected 'Authorization: Bearer <token>' with the admin token of this node");
  }

  private static HoldfastException refusal(ErrorCode code, String message) {
    return new HoldfastException(code, message);
  }

  private static void end(Exchange exchange, AuditLine audit, HoldfastException refusal) {
    audit.refused(refusal);
    Response reply = ErrorReply.of(refusal, exchange.requestId());
    exchange.answer(
        switch (refusal.code()) {
          case NOT_AUTHORIZED -> reply.withHeader("www-authenticate", "Bearer");
          case METHOD_NOT_ALLOWED -> reply.withHeader("allow", method(exchange.head()));
          default -> reply;
        });
  }

  private static String method(RequestHead head) {
    return NodeApi.method(head.path()).or(() -> AdminRequest.method(head)).orElse("");
  }

  private void answer(AdminServices services, Exchange exchange, Body body, AuditLine audit) {
    try {
      Response response = response(services, exchange.head(), body, audit);
      audit.done();
      exchange.answer(response);
    } catch (Exception e) {
      if (ErrorReply.unwrapped(e) instanceof HoldfastException known) {
        end(exchange, audit, known);
      } else {
        audit.failed(e);
        exchange.fail(e);
      }
    } finally {
      calls.release();
    }
  }

  private Response response(AdminServices services, RequestHead head, Body body, AuditLine audit)
      throws IOException {
    if (NodeApi.handles(head.path())) {
      return new NodeApi(services, namespaces, codec).answer(head, body, audit);
    }
    AdminRequest request = AdminRequest.read(head, body, codec);
    audit.action(request);
    Object result = call(services.objects(), request);
    return Response.of(200, JSON, Body.of(codec.write(result)));
  }

  private Object call(ObjectAdmin objects, AdminRequest request) {
    NamespaceId namespace = namespaces.resolve(request.namespace());
    if (request.verb() == Verb.LIST) {
      request.allow(Set.of("limit", "after"));
      Optional<String> after = request.text("after");
      after.ifPresent(id -> namespaces.ids(namespace).parse(id));
      return objects.list(namespace, after, request.number("limit", 1, PAGE_MAX, PAGE_DEFAULT));
    }
    ObjectAddress object = ObjectPath.address(namespaces, namespace, request.name());
    return switch (request.verb()) {
      case HISTORY -> {
        request.allow(Set.of("limit", "before"));
        yield objects.history(
            object, request.text("before"), request.number("limit", 1, PAGE_MAX, PAGE_DEFAULT));
      }
      case DIFF -> {
        request.allow(Set.of("from", "to", "rows"));
        yield objects.diff(
            object,
            request.required("from"),
            request.required("to"),
            request.number("rows", 0, PAGE_MAX, ROWS_DEFAULT));
      }
      case FORK -> {
        request.allow(Set.of("to", "at", "alarm"));
        yield objects.fork(
            object,
            request.text("at"),
            forked(object, request.required("to")),
            alarm(request.text("alarm").orElse("dropped")));
      }
      case RESTORE -> {
        request.allow(Set.of("at"));
        yield objects.restore(object, request.required("at"));
      }
      case MOVE -> {
        request.allow(Set.of("region"));
        yield objects.move(object, request.required("region"));
      }
      case LIST -> throw new AssertionError(request);
    };
  }

  /** Under the law of the object that it comes from. */
  private ObjectAddress forked(ObjectAddress source, String name) {
    NamespaceId namespace = source.namespace();
    return ObjectPath.idHex(name) == null
        ? new ObjectAddress(
            namespace, namespaces.ids(namespace).named(name, Jurisdiction.of(source.id())))
        : ObjectPath.address(namespaces, namespace, name);
  }

  private static ForkedAlarm alarm(String text) {
    for (ForkedAlarm choice : ForkedAlarm.values()) {
      if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
        return choice;
      }
    }
    throw refusal(
        ErrorCode.INVALID_ARGUMENT, "alarm: expected 'dropped' or 'kept', found '" + text + "'");
  }
}
