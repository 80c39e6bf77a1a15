package io.holdfast.node.app;

import io.holdfast.protocol.ObjectGateway;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The bindings of one app, for one object or one request of its Worker. Costs nothing to make, see
/// [AppCatalog#env].
public final class BoundEnv implements Env {
  private static final Pattern HTTP_URL = Pattern.compile("(?i)https?://[^/?#].*");

  private final AppBindings bindings;
  private final ObjectGateway gateway;
  private final Caller caller;

  BoundEnv(AppBindings bindings, ObjectGateway gateway, Caller caller) {
    this.bindings = bindings;
    this.gateway = gateway;
    this.caller = caller;
  }

  @Override
  public ObjectNamespace objects(String name) {
    AppBindings.Target target = bindings.objects().get(name);
    if (target == null) {
      throw unknown(ErrorCode.NAMESPACE_NOT_FOUND, "objects", bindings.objects().keySet(), name);
    }
    return new Namespace(name, target, Optional.empty(), gateway, caller, bindings.codec());
  }

  @Override
  public String var(String name) {
    String value = bindings.vars().get(name);
    if (value == null) {
      throw unknown(ErrorCode.INVALID_ARGUMENT, "vars", bindings.vars().keySet(), name);
    }
    return value;
  }

  @Override
  public String secret(String name) {
    return bindings
        .secrets()
        .value(name)
        .orElseThrow(
            () -> unknown(ErrorCode.INVALID_ARGUMENT, "secrets", bindings.secrets().names(), name));
  }

  @Override
  public Response fetch(Request request) {
    if (!HTTP_URL.matcher(request.url()).matches()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected an absolute URL of http or https, found '" + request.url() + "'");
    }
    return caller.outbound(request);
  }

  private HoldfastException unknown(
      ErrorCode code, String key, Collection<String> known, String found) {
    String expected =
        known.isEmpty()
            ? "no name, because the descriptor of app " + bindings.app() + " has no " + key
            : "a name in "
                + key
                + " of app "
                + bindings.app()
                + ": "
                + String.join(", ", new TreeSet<>(known));
    return new HoldfastException(code, "expected " + expected + "; found '" + found + "'");
  }
}
