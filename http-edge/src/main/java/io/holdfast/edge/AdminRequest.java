package io.holdfast.edge;

import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A request to the admin API, taken apart.
///
/// @param name the object's, empty for the list of all
/// @param parameters of the query, or of the JSON body
record AdminRequest(Verb verb, String namespace, String name, Map<String, String> parameters) {
  private static final String PREFIX = "/admin/v1/namespaces/";

  /// What is asked for.
  enum Verb {
    LIST("GET", "objects.list"),
    HISTORY("GET", "objects.history"),
    DIFF("GET", "objects.diff"),
    FORK("POST", "objects.fork"),
    RESTORE("POST", "objects.restore"),
    MOVE("POST", "objects.move");

    private final String method;
    private final String action;

    Verb(String method, String action) {
      this.method = method;
      this.action = action;
    }

    /// How the audit log names it.
    String action() {
      return action;
    }

    private static @Nullable Verb of(String text) {
      return switch (text) {
        case "history" -> HISTORY;
        case "diff" -> DIFF;
        case "fork" -> FORK;
        case "restore" -> RESTORE;
        case "move" -> MOVE;
        default -> null;
      };
    }
  }

  /// Reads the path, and the parameters from where the verb has them. Blocks on the body.
  ///
  /// @throws HoldfastException `route_not_found`, `method_not_allowed`, `invalid_request` or
  ///   `body_too_large`
  static AdminRequest read(RequestHead head, Body body, ValueCodec codec) throws IOException {
    if (!head.path().startsWith(PREFIX)) {
      throw notFound(head);
    }
    List<String> parts = parts(head);
    Verb verb = verb(parts);
    if (verb == null) {
      throw notFound(head);
    }
    if (!head.method().equals(verb.method)) {
      throw new HoldfastException(
          ErrorCode.METHOD_NOT_ALLOWED, "expected " + verb.method + ", found " + head.method());
    }
    return new AdminRequest(
        verb,
        ObjectPath.decode(parts.getFirst()),
        verb == Verb.LIST ? "" : ObjectPath.decode(parts.get(2)),
        verb.method.equals("GET") ? query(head.query()) : json(body, codec));
  }

  /// The one method that the path takes; empty when there is no such path.
  static Optional<String> method(RequestHead head) {
    return head.path().startsWith(PREFIX)
        ? Optional.ofNullable(verb(parts(head))).map(verb -> verb.method)
        : Optional.empty();
  }

  private static List<String> parts(RequestHead head) {
    return List.of(head.path().substring(PREFIX.length()).split("/", -1));
  }

  private static @Nullable Verb verb(List<String> parts) {
    if (parts.size() < 2 || !parts.get(1).equals("objects")) {
      return null;
    }
    return switch (parts.size()) {
      case 2 -> Verb.LIST;
      case 4 -> Verb.of(parts.get(3));
      default -> null;
    };
  }

  private static HoldfastException notFound(RequestHead head) {
    return new HoldfastException(
        ErrorCode.ROUTE_NOT_FOUND,
        "expected /admin/v1/namespaces/{namespace}/objects or"
            + " …/objects/{name}/history, diff, fork, restore or move, found '"
            + head.path()
            + "'");
  }

  static Map<String, String> query(@Nullable String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = ObjectPath.decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : ObjectPath.decode(pair.substring(equals + 1));
      if (parameters.put(name, value) != null) {
        throw invalid("expected parameter '" + name + "' once, found it twice");
      }
    }
    return parameters;
  }

  static Map<String, String> json(Body body, ValueCodec codec) throws IOException {
    Map<String, String> parameters = new LinkedHashMap<>();
    try {
      Map<?, ?> object = codec.read(bytes(body), Map.class);
      object.forEach((name, value) -> {
        if (!(value instanceof String text)) {
          throw invalid("expected a text as '" + name + "' in the JSON body, found another value");
        }
        parameters.put(String.valueOf(name), text);
      });
      return parameters;
    } catch (HoldfastException e) {
      throw e.code() == ErrorCode.INVALID_ARGUMENT ? invalid("the body: " + e.getMessage()) : e;
    }
  }

  private static byte[] bytes(Body body) throws IOException {
    try (InputStream stream = body.stream()) {
      byte[] bytes = stream.readNBytes(AdminApi.BODY_BYTES_MAX + 1);
      if (bytes.length > AdminApi.BODY_BYTES_MAX) {
        throw new HoldfastException(
            ErrorCode.BODY_TOO_LARGE,
            "expected a body of at most " + AdminApi.BODY_BYTES_MAX + " bytes, found more");
      }
      return bytes;
    }
  }

  /// Those of the query or the body, checked when they are asked for.
  record Parameters(Map<String, String> given) {
    /// Refuses all other parameters: a misspelt one would be taken for its absence.
    void allow(Set<String> names) {
      for (String name : given.keySet()) {
        if (!names.contains(name)) {
          throw invalid(
              "expected parameters " + names.stream().sorted().toList() + ", found '" + name + "'");
        }
      }
    }

    Optional<String> text(String name) {
      return Optional.ofNullable(given.get(name));
    }

    String required(String name) {
      return text(name)
          .filter(text -> !text.isEmpty())
          .orElseThrow(() -> invalid("expected parameter '" + name + "', found none"));
    }

    int number(String name, int min, int max, int unset) {
      String text = given.get(name);
      if (text == null) {
        return unset;
      }
      try {
        int number = Integer.parseInt(text);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException _) {
        // Told below.
      }
      throw invalid(
          "%s: expected a number from %d to %d, found '%s'".formatted(name, min, max, text));
    }
  }

  void allow(Set<String> names) {
    new Parameters(parameters).allow(names);
  }

  Optional<String> text(String name) {
    return new Parameters(parameters).text(name);
  }

  String required(String name) {
    return new Parameters(parameters).required(name);
  }

  int number(String name, int min, int max, int unset) {
    return new Parameters(parameters).number(name, min, max, unset);
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_REQUEST, message);
  }
}
