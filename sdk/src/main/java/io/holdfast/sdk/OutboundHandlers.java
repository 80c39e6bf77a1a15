package io.holdfast.sdk;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The outbound handlers of a class of objects with containers. The class declares them in a public
/// static final field of this type, one at most, whatever its name:
///
/// ```java
/// public final class Agent extends Container {
///   public static final OutboundHandlers OUTBOUND =
///       OutboundHandlers.none()
///           .byHost("api.github.com", (request, env, ctx) ->
///               env.fetch(request.withHeader("authorization", "Bearer " + env.secret("GITHUB"))))
///           .named("refuse", (request, env, ctx) -> Response.text(403, "not today"));
/// }
/// ```
///
/// They belong to the class and not to its instances, so that they work while the object is out of
/// memory. Immutable.
///
/// @param catchAll for requests that no handler of a host takes
/// @param byHost by host or glob, in which `*` stands for any characters
/// @param named chosen by [Container#setOutboundHandler], [Container#setOutboundByHost] and the
///   `intercept…` methods of [ContainerHandle]
public record OutboundHandlers(
    Optional<OutboundHandler> catchAll,
    Map<String, OutboundHandler> byHost,
    Map<String, OutboundHandler> named) {
  private static final OutboundHandlers NONE =
      new OutboundHandlers(Optional.empty(), Map.of(), Map.of());

  public OutboundHandlers {
    byHost = Collections.unmodifiableMap(new LinkedHashMap<>(byHost));
    named = Map.copyOf(named);
  }

  public static OutboundHandlers none() {
    return NONE;
  }

  public OutboundHandlers catchAll(OutboundHandler handler) {
    return new OutboundHandlers(Optional.of(handler), byHost, named);
  }

  public OutboundHandlers byHost(String hostOrGlob, OutboundHandler handler) {
    return new OutboundHandlers(catchAll, with(byHost, hostOrGlob, handler), named);
  }

  public OutboundHandlers named(String name, OutboundHandler handler) {
    return new OutboundHandlers(catchAll, byHost, with(named, name, handler));
  }

  private static Map<String, OutboundHandler> with(
      Map<String, OutboundHandler> map, String key, OutboundHandler handler) {
    Map<String, OutboundHandler> more = new LinkedHashMap<>(map);
    more.put(key, handler);
    return more;
  }
}
