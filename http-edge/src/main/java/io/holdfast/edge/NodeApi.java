package io.holdfast.edge;

import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The part of the admin API that is about the node's containers, what apps use, and regions.
///
/// | request | answer |
/// |---|---|
/// | `GET /admin/v1/containers?app=` | those that start, run or stop |
/// | `GET /admin/v1/containers/{app}/{namespace}/{name}/logs?tail=&follow=` | plain text; with `follow=true` until it ends |
/// | `POST …/stop` and `…/restart` with `{}` | `{}` when done |
/// | `GET /admin/v1/metering?app=&from=&to=` | what was used, by day, app and namespace |
/// | `GET /admin/v1/regions` | the regions as this node sees them |
/// | `POST /admin/v1/regions/{name}/lost` and `…/back` with `{}` | the region: given up, taken back |
final class NodeApi {
  private static final String CONTAINERS = "/admin/v1/containers";
  private static final String METERING = "/admin/v1/metering";
  private static final String REGIONS = "/admin/v1/regions";
  private static final int LINES_MAX = 10_000;
  private static final int LINES_DEFAULT = 100;
  private static final Headers TEXT =
      Headers.of("content-type", "text/plain; charset=utf-8", "cache-control", "no-store");

  private final AdminServices admin;
  private final NamespaceDirectory namespaces;
  private final ValueCodec codec;

  NodeApi(AdminServices admin, NamespaceDirectory namespaces, ValueCodec codec) {
    this.admin = admin;
    this.namespaces = namespaces;
    this.codec = codec;
  }

  /// What can be asked for.
  private enum Verb {
    LIST("GET", "containers.list"),
    LOGS("GET", "containers.logs"),
    STOP("POST", "containers.stop"),
    RESTART("POST", "containers.restart"),
    METERING("GET", "metering"),
    REGIONS("GET", "regions.list"),
    REGION_LOST("POST", "regions.lost"),
    REGION_BACK("POST", "regions.back");

    private final String method;
    private final String action;

    Verb(String method, String action) {
      this.method = method;
      this.action = action;
    }
  }

  /// Where it is asked for: the verb, and the parts of the path that name a container, or a region.
  private record Target(Verb verb, List<String> named) {}

  /// Whether the path is one of these; other paths are not looked at here.
  static boolean handles(String path) {
    return target(path).isPresent();
  }

  /// The one method that the path takes.
  static Optional<String> method(String path) {
    return target(path).map(target -> target.verb.method);
  }

  private static Optional<Target> target(String path) {
    if (path.equals(METERING)) {
      return Optional.of(new Target(Verb.METERING, List.of()));
    }
    if (path.equals(CONTAINERS)) {
      return Optional.of(new Target(Verb.LIST, List.of()));
    }
    if (path.equals(REGIONS)) {
      return Optional.of(new Target(Verb.REGIONS, List.of()));
    }
    if (path.startsWith(REGIONS + "/")) {
      return region(List.of(path.substring(REGIONS.length() + 1).split("/", -1)));
    }
    if (!path.startsWith(CONTAINERS + "/")) {
      return Optional.empty();
    }
    List<String> parts = List.of(path.substring(CONTAINERS.length() + 1).split("/", -1));
    if (parts.size() != 4) {
      return Optional.empty();
    }
    return switch (parts.getLast()) {
      case "logs" -> Optional.of(new Target(Verb.LOGS, parts.subList(0, 3)));
      case "stop" -> Optional.of(new Target(Verb.STOP, parts.subList(0, 3)));
      case "restart" -> Optional.of(new Target(Verb.RESTART, parts.subList(0, 3)));
      default -> Optional.empty();
    };
  }

  private static Optional<Target> region(List<String> parts) {
    if (parts.size() != 2) {
      return Optional.empty();
    }
    return switch (parts.getLast()) {
      case "lost" -> Optional.of(new Target(Verb.REGION_LOST, parts.subList(0, 1)));
      case "back" -> Optional.of(new Target(Verb.REGION_BACK, parts.subList(0, 1)));
      default -> Optional.empty();
    };
  }

  /// Answers; blocks. Tells the audit line what is asked for.
  Response answer(RequestHead head, Body body, AuditLine audit) throws IOException {
    Target target = target(head.path()).orElseThrow();
    if (!head.method().equals(target.verb.method)) {
      throw new HoldfastException(
          ErrorCode.METHOD_NOT_ALLOWED,
          "expected " + target.verb.method + ", found " + head.method());
    }
    Map<String, String> parameters =
        target.verb.method.equals("GET")
            ? AdminRequest.query(head.query())
            : AdminRequest.json(body, codec);
    List<String> named = target.named.stream().map(ObjectPath::decode).toList();
    AdminRequest.Parameters given = new AdminRequest.Parameters(parameters);
    audit.action(
        target.verb.action,
        named.size() == 3 ? named.get(0) + "." + named.get(1) : "",
        named.isEmpty() ? "" : named.getLast(),
        parameters);
    return answer(target.verb, named, given);
  }

  private Response answer(Verb verb, List<String> named, AdminRequest.Parameters given) {
    return switch (verb) {
      case LIST -> {
        given.allow(Set.of("app"));
        yield json(Map.of("containers", admin.containers().list(given.text("app"))));
      }
      case METERING -> {
        given.allow(Set.of("app", "from", "to"));
        yield json(admin.usage().usage(given.text("app"), day(given, "from"), day(given, "to")));
      }
      case LOGS -> {
        given.allow(Set.of("tail", "follow"));
        int tail = given.number("tail", 0, LINES_MAX, LINES_DEFAULT);
        yield Response.of(
            200, TEXT, Body.of(admin.containers().logs(object(named), tail, following(given))));
      }
      case STOP -> {
        given.allow(Set.of());
        admin.containers().stop(object(named));
        yield json(Map.of());
      }
      case RESTART -> {
        given.allow(Set.of());
        admin.containers().restart(object(named));
        yield json(Map.of());
      }
      case REGIONS -> {
        given.allow(Set.of());
        yield json(Map.of("regions", admin.regions().list()));
      }
      case REGION_LOST -> {
        given.allow(Set.of());
        yield json(admin.regions().giveUp(named.getFirst()));
      }
      case REGION_BACK -> {
        given.allow(Set.of());
        yield json(admin.regions().takeBack(named.getFirst()));
      }
    };
  }

  private ObjectAddress object(List<String> container) {
    NamespaceId namespace = namespaces.resolve(container.get(0) + "." + container.get(1));
    return ObjectPath.address(namespaces, namespace, container.get(2));
  }

  private static ContainerAdmin.Following following(AdminRequest.Parameters given) {
    return switch (given.text("follow").orElse("false")) {
      case "true" -> ContainerAdmin.Following.YES;
      case "false" -> ContainerAdmin.Following.NO;
      default ->
          throw new HoldfastException(
              ErrorCode.INVALID_REQUEST,
              "follow: expected true or false, found '" + given.required("follow") + "'");
    };
  }

  private static Optional<LocalDate> day(AdminRequest.Parameters given, String name) {
    try {
      return given.text(name).map(LocalDate::parse);
    } catch (DateTimeParseException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_REQUEST,
          "%s: expected a day such as 2026-11-24, found '%s'".formatted(name, given.required(name)),
          e);
    }
  }

  private Response json(Object value) {
    return Response.of(200, AdminApi.JSON, Body.of(codec.write(value)));
  }
}
