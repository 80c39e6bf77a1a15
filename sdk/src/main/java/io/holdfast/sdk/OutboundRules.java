package io.holdfast.sdk;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What an object changed at run time about what its container may reach: kept with the object
/// until it is changed again. [Container] has methods for each change.
///
/// Hosts are names, IPv4 addresses, CIDR ranges or globs, in which `*` stands for any characters;
/// case and trailing dots do not count.
///
/// @param allowedHosts in place of the class's; empty: those of the class
/// @param deniedHosts in place of the class's; empty: those of the class
/// @param byHost handlers of hosts, before those of the class
/// @param catchAll for requests that no handler of a host takes, before that of the class
/// @param intercepts what [ContainerHandle] was told to intercept; only grows
public record OutboundRules(
    Optional<List<String>> allowedHosts,
    Optional<List<String>> deniedHosts,
    Map<String, OutboundRef> byHost,
    Optional<OutboundRef> catchAll,
    List<Intercept> intercepts) {
  /// Nothing was changed.
  public static final OutboundRules NONE =
      new OutboundRules(Optional.empty(), Optional.empty(), Map.of(), Optional.empty(), List.of());

  private static final int ENTRIES_MAX = 1_000;
  private static final int HOST_LENGTH_MAX = 259;

  /// Requests of one scheme to hosts that fit, taken by a handler.
  public record Intercept(Scheme scheme, String host, OutboundRef handler) {}

  /// What a client says before the `://`.
  public enum Scheme {
    HTTP,
    HTTPS
  }

  /// @throws HoldfastException `invalid_argument` for more than 1,000 entries of a kind, or a host
  ///   that is none
  public OutboundRules {
    allowedHosts = allowedHosts.map(List::copyOf);
    deniedHosts = deniedHosts.map(List::copyOf);
    byHost = Collections.unmodifiableMap(new LinkedHashMap<>(byHost));
    intercepts = List.copyOf(intercepts);
    checkCount("allowed hosts", allowedHosts.map(List::size).orElse(0));
    checkCount("denied hosts", deniedHosts.map(List::size).orElse(0));
    checkCount("hosts with an outbound handler", byHost.size());
    checkCount("interceptions", intercepts.size());
    allowedHosts.ifPresent(hosts -> hosts.forEach(OutboundRules::checkHost));
    deniedHosts.ifPresent(hosts -> hosts.forEach(OutboundRules::checkHost));
    byHost.keySet().forEach(OutboundRules::checkHost);
    intercepts.forEach(intercept -> checkHost(intercept.host()));
  }

  public OutboundRules allowedHosts(List<String> hosts) {
    return new OutboundRules(Optional.of(hosts), deniedHosts, byHost, catchAll, intercepts);
  }

  public OutboundRules deniedHosts(List<String> hosts) {
    return new OutboundRules(allowedHosts, Optional.of(hosts), byHost, catchAll, intercepts);
  }

  public OutboundRules catchAll(OutboundRef handler) {
    return new OutboundRules(allowedHosts, deniedHosts, byHost, Optional.of(handler), intercepts);
  }

  public OutboundRules byHost(String host, OutboundRef handler) {
    Map<String, OutboundRef> more = new LinkedHashMap<>(byHost);
    more.put(host, handler);
    return new OutboundRules(allowedHosts, deniedHosts, more, catchAll, intercepts);
  }

  public OutboundRules withoutHost(String host) {
    Map<String, OutboundRef> less = new LinkedHashMap<>(byHost);
    less.remove(host);
    return new OutboundRules(allowedHosts, deniedHosts, less, catchAll, intercepts);
  }

  /// One more interception, in the place of an earlier one of the same scheme and host.
  public OutboundRules intercept(Scheme scheme, String host, OutboundRef handler) {
    List<Intercept> more = new ArrayList<>(intercepts);
    more.removeIf(known -> known.scheme() == scheme && known.host().equals(host));
    more.add(new Intercept(scheme, host, handler));
    return new OutboundRules(allowedHosts, deniedHosts, byHost, catchAll, more);
  }

  private static void checkCount(String what, int count) {
    if (count > ENTRIES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected at most 1000 " + what + ", found " + count);
    }
  }

  /// @throws HoldfastException `invalid_argument`
  static void checkHost(String host) {
    boolean plain = host.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '@' && c != '?');
    if (host.isEmpty() || host.length() > HOST_LENGTH_MAX || !plain || host.contains("://")) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a host, an IPv4 address, a CIDR range or a glob such as *.example.com, found '"
              + host
              + "'");
    }
  }
}
