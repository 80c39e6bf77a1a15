package io.holdfast.engine.egress;

import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressDecision.Denied;
import io.holdfast.engine.egress.EgressDecision.Handled;
import io.holdfast.engine.egress.EgressDecision.ToInternet;
import io.holdfast.engine.egress.EgressDecision.Why;
import io.holdfast.engine.egress.EgressRule.Scope;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a container may reach, decided request by request. Immutable; a pure function of the
/// class's fields and handlers and of what the object changed at run time.
///
/// The first that applies decides:
///
/// | | |
/// |---|---|
/// | 1 | a denied host: no |
/// | 2 | there are allowed hosts and this is none: no |
/// | 3 | a handler that the object chose for the host |
/// | 4 | a handler of the class for the host |
/// | 5 | a handler that the object chose for everything |
/// | 6 | the class's handler for everything |
/// | 7 | an allowed host: the internet |
/// | 8 | the container has internet: the internet |
/// | 9 | no |
///
/// Of several handlers for a host the one with the more exact host counts.
public final class EgressPolicy {
  private final OutboundConfig config;
  private final Optional<List<HostPattern>> allowed;
  private final List<HostPattern> denied;

  /** Whether the class has handlers, which may be chosen at any time. */
  private final boolean hasHandlers;

  /** In the order in which they are asked: rows 3 to 6. */
  private final List<List<EgressRule>> tiers;

  private EgressPolicy(
      OutboundConfig config,
      Optional<List<HostPattern>> allowed,
      List<HostPattern> denied,
      boolean hasHandlers,
      List<List<EgressRule>> tiers) {
    this.config = config;
    this.allowed = allowed;
    this.denied = denied;
    this.hasHandlers = hasHandlers;
    this.tiers = tiers;
  }

  /// @throws HoldfastException `invalid_argument` for a host that is none
  public static EgressPolicy of(
      OutboundConfig config, OutboundHandlers handlers, OutboundRules rules) {
    Scope ofClass = config.interceptHttps() ? Scope.BOTH : Scope.HTTP;
    List<EgressRule> chosen = new ArrayList<>();
    rules
        .byHost()
        .forEach((host, ref) -> chosen.add(rule(host, ofClass, new HandlerRef.Named(ref))));
    List<EgressRule> chosenForAll = new ArrayList<>();
    rules
        .catchAll()
        .ifPresent(ref -> chosenForAll.add(rule("*", ofClass, new HandlerRef.Named(ref))));
    for (OutboundRules.Intercept intercept : rules.intercepts()) {
      boolean all = intercept.host().equals("*");
      (all ? chosenForAll : chosen)
          .add(
              rule(
                  intercept.host(),
                  scope(intercept.scheme()),
                  new HandlerRef.Named(intercept.handler())));
    }
    List<EgressRule> own = new ArrayList<>();
    handlers
        .byHost()
        .keySet()
        .forEach(host -> own.add(rule(host, ofClass, new HandlerRef.OfHost(host))));
    List<EgressRule> ownForAll =
        handlers.catchAll().map(_ -> rule("*", ofClass, new HandlerRef.CatchAll())).stream()
            .toList();
    return new EgressPolicy(
        config,
        rules.allowedHosts().or(config::allowedHosts).map(EgressPolicy::patterns),
        patterns(rules.deniedHosts().orElse(config.deniedHosts())),
        !handlers.equals(OutboundHandlers.none()),
        Stream.of(chosen, own, chosenForAll, ownForAll).map(EgressPolicy::sorted).toList());
  }

  private static Scope scope(OutboundRules.Scheme scheme) {
    return switch (scheme) {
      case HTTP -> Scope.HTTP;
      case HTTPS -> Scope.HTTPS;
    };
  }

  private static EgressRule rule(String host, Scope scope, HandlerRef handler) {
    return new EgressRule(HostPattern.of(host), scope, handler);
  }

  private static List<HostPattern> patterns(List<String> hosts) {
    return hosts.stream().map(HostPattern::of).toList();
  }

  private static List<EgressRule> sorted(List<EgressRule> rules) {
    return rules.stream()
        .sorted(Comparator.comparingInt((EgressRule rule) -> -rule.hosts().weight()))
        .toList();
  }

  /// What becomes of a request that the node can read.
  public EgressDecision decide(Origin origin) {
    if (fits(denied, origin)) {
      return new Denied(Why.DENIED_HOST);
    }
    boolean listed = allowed.isPresent() && fits(allowed.get(), origin);
    if (allowed.isPresent() && !listed) {
      return new Denied(Why.NOT_ALLOWED);
    }
    Optional<HandlerRef> handler = handler(origin);
    if (handler.isPresent()) {
      return new Handled(handler.get());
    }
    return listed || config.enableInternet() ? new ToInternet() : new Denied(Why.NO_INTERNET);
  }

  private static boolean fits(List<HostPattern> patterns, Origin origin) {
    return patterns.stream().anyMatch(each -> each.fits(origin.host(), origin.port()));
  }

  private Optional<HandlerRef> handler(Origin origin) {
    return tiers.stream()
        .flatMap(List::stream)
        .filter(rule -> rule.fits(origin))
        .findFirst()
        .map(EgressRule::handler);
  }

  /// Whether TLS to that host ends at the node, so that its requests can be read.
  boolean endsTls(String host, int port) {
    return config.interceptHttps() || handler(Origin.https(host, port)).isPresent();
  }

  /// What becomes of the name of a host when it is looked up: the best of what becomes of requests
  /// to it.
  EgressDecision decideName(String host) {
    EgressDecision https = decide(Origin.https(host, 443));
    EgressDecision http = decide(Origin.http(host, 80));
    return rank(http) <= rank(https) ? http : https;
  }

  private static int rank(EgressDecision decision) {
    return switch (decision) {
      case Handled _ -> 0;
      case ToInternet _ -> 1;
      case Denied _ -> 2;
    };
  }

  /// Whether an address that a name led to is a denied one.
  boolean deniesAddress(InetAddress address) {
    return denied.stream().anyMatch(each -> each.contains(address));
  }

  /// Whether nothing may leave but through the gate.
  boolean confines() {
    return !config.enableInternet() || allowed.isPresent() || !denied.isEmpty();
  }

  private boolean needsGate() {
    return allowed.isPresent()
        || !denied.isEmpty()
        || config.interceptHttps()
        || hasHandlers
        || tiers.stream().anyMatch(rules -> !rules.isEmpty());
  }

  /// The network of a container that is held to this from its start. The gate is left out where
  /// there is nothing to decide.
  public Network network() {
    if (!needsGate()) {
      return config.enableInternet() ? Network.INTERNET : Network.NONE_OUTSIDE;
    }
    return confines() ? Network.GATED : Network.GATED_OPEN;
  }

  /// Whether a container that runs in that network is held to this as well.
  public boolean holdsIn(Network network) {
    return switch (network) {
      case GATED -> true;
      case GATED_OPEN -> !confines();
      case INTERNET, NONE_OUTSIDE -> network == network();
    };
  }
}
