package io.holdfast.node.container;

import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressClient;
import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.engine.egress.HandlerRef;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundContext;
import io.holdfast.sdk.OutboundHandler;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the container of an object may reach, and who answers in the world's place. Thread-safe.
///
/// Known from the order to start on; of a container that an earlier life of the node started, once
/// its object has been in memory.
final class ContainerEgress implements EgressClient {
  private final ObjectAddress address;
  private final ContainerHost host;

  private volatile @Nullable Outbound said;

  /** Completed with the policy of now; another one takes its place. */
  private volatile CompletableFuture<EgressPolicy> policy = new CompletableFuture<>();

  ContainerEgress(ObjectAddress address, ContainerHost host) {
    this.address = address;
    this.host = host;
  }

  /// The policy that this makes.
  ///
  /// @throws HoldfastException `invalid_argument` when a host is none
  EgressPolicy plan(Outbound outbound) {
    return EgressPolicy.of(outbound.config(), host.outboundHandlers(address), outbound.rules());
  }

  /// @throws HoldfastException `invalid_argument` when the class has no handler of a name in it
  void requireHandlers(OutboundRules rules) {
    Set<String> there = host.outboundHandlers(address).named().keySet();
    Stream.of(
            rules.byHost().values().stream(),
            rules.catchAll().stream(),
            rules.intercepts().stream().map(OutboundRules.Intercept::handler))
        .flatMap(refs -> refs)
        .filter(ref -> !there.contains(ref.handler()))
        .findFirst()
        .ifPresent(ref -> {
          throw new HoldfastException(
              ErrorCode.INVALID_ARGUMENT,
              "expected an outbound handler that the class names: %s; found '%s'"
                  .formatted(new TreeSet<>(there), ref.handler()));
        });
  }

  /// What was said last in this life of the node.
  Optional<Outbound> said() {
    return Optional.ofNullable(said);
  }

  /// From the next request on this counts.
  void set(Outbound outbound, EgressPolicy next) {
    said = outbound;
    CompletableFuture<EgressPolicy> before = policy;
    policy = CompletableFuture.completedFuture(next);
    before.complete(next);
  }

  /// Whether nobody has said yet what may be reached.
  boolean isUnknown() {
    return !policy.isDone();
  }

  /// Completes when it is known what may be reached.
  CompletableFuture<EgressPolicy> known() {
    return policy;
  }

  /// @throws HoldfastException `wrong_state` when a container in that network cannot be held to it
  static void requireHolds(EgressPolicy next, Optional<Network> network) {
    if (network.filter(next::holdsIn).isEmpty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected a container that was started behind the gate, so that it can be held to this, found one in network "
              + network.map(Network::name).orElse("unknown")
              + ": let its class say allowedHosts (List.of(\"*\") for all), or stop it first");
    }
  }

  @Override
  public String name() {
    return address.toString();
  }

  @Override
  public EgressPolicy policy() {
    return policy.join();
  }

  @Override
  public Response handle(HandlerRef ref, Request request) throws Exception {
    OutboundHandler handler = find(ref);
    OutboundContext context =
        new OutboundContext(address.namespace().name(), address.id().hex(), params(ref));
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(host.classLoader(address));
    try {
      return handler.handle(request, host.outbound().env(address.namespace()), context);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private OutboundHandler find(HandlerRef ref) {
    OutboundHandlers handlers = host.outboundHandlers(address);
    Optional<OutboundHandler> found =
        switch (ref) {
          case HandlerRef.Named(var named) ->
              Optional.ofNullable(handlers.named().get(named.handler()));
          case HandlerRef.OfHost(String written) ->
              Optional.ofNullable(handlers.byHost().get(written));
          case HandlerRef.CatchAll() -> handlers.catchAll();
        };
    return found.orElseThrow(() ->
        new HoldfastException(
            ErrorCode.WRONG_STATE,
            "expected a handler of the class of " + address + ", found none for " + ref));
  }

  private static Map<String, String> params(HandlerRef ref) {
    return ref instanceof HandlerRef.Named(var named) ? named.params() : Map.of();
  }
}
