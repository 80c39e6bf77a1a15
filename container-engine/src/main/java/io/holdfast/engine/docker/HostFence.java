package io.holdfast.engine.docker;

import io.holdfast.engine.Deployment;
import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressGate.Doors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/*
 * Docker keeps an internal network from the internet, but not from the host: the bridge has an address of the host on
 * it, and whatever listens on 0.0.0.0 there answers. These chains close that:
 *
 *   INPUT        -i <bridge>            -> <name>-in    : replies to the host pass, everything else is dropped
 *   INPUT        -i <gated bridge>      -> <name>-gate  : as -in, but for the doors of the gate
 *   DOCKER-USER  -i <internal, gated>   -> <name>-in    : nothing is forwarded, should Docker's own rules be off
 *   DOCKER-USER  -i <internet bridge>   -> <name>-out   : replies pass, DNS to the host's name servers passes, private and
 *                                                         metadata ranges are dropped, the rest goes on to Docker's rules
 *   DOCKER-USER  -i <gated, open>       -> <name>-open  : as -out, but HTTP/3 is refused, which would pass by the gate
 *   PREROUTING   -i <gated bridge>      -> <name>-nat   : HTTP, HTTPS and DNS, whoever they are for, come to the gate
 *
 * A table's chains are filled in one `iptables-restore` transaction, so that none is open while it is renewed. IPv6 is off
 * in containers on these networks (Docker disables it where a network has none).
 *
 * Neighbours on a bridge are kept apart twice: Docker drops what is forwarded from a bridge to itself (`enable_icc=false`,
 * which counts for bridged frames only while `bridge-nf-call-iptables` is on), and the ports of the bridge are isolated,
 * so that the bridge passes no frame of any kind from one to another.
 */
/// Keeps containers away from the host itself and from private address ranges, by iptables. Needs
/// root.
final class HostFence {
  private static final Pattern NAME_SERVER =
      Pattern.compile("nameserver\\s+(\\d{1,3}(?:\\.\\d{1,3}){3})");
  private static final int COMMAND_SECONDS_MAX = 20;
  private static final String PREFIX = "HF-";
  private static final Pattern CHAIN = Pattern.compile("-N HF-([0-9a-f]{12})-in$");
  private static final Path INTERFACES = Path.of("/sys/class/net");
  private static final Path BRIDGE_FILTER = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");

  private final String name;
  private final Map<Network, String> bridges;
  private final List<String> blockedRanges;

  static HostFence around(Deployment deployment, List<String> blockedRanges) {
    return new HostFence(deployment.digest(12), blockedRanges);
  }

  /// @param digest of the deployment, 12 characters
  HostFence(String digest, List<String> blockedRanges) {
    this.name = PREFIX + digest;
    this.blockedRanges = blockedRanges;
    this.bridges = new EnumMap<>(Network.class);
    for (Network network : Network.values()) {
      bridges.put(network, DockerNetworks.bridge(digest, network));
    }
  }

  /// Whether this process runs as root, and so can be expected to put fences up.
  static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException _) {
      return false; // No Linux: the engine runs in a machine of its own.
    }
  }

  /// Puts the fence up, or renews it. Returns what is missing for that; empty when it stands.
  ///
  /// @param doors of the gated networks that there are
  Optional<String> raise(Map<Network, Doors> doors) {
    List<Network> all =
        Arrays.stream(Network.values()).filter(each -> isThere(each, doors)).toList();
    try {
      requireBridges(all);
      sweep();
      run(rules(all, doors), "iptables-restore", "--noflush", "-w", "10");
      String forward = forwardChain();
      for (Network network : all) {
        jump("filter", "INPUT", network, network.isGated() ? chain("gate") : chain("in"));
        jump("filter", forward, network, forwarded(network));
        if (network.isGated()) {
          jump("nat", "PREROUTING", network, chain("nat"));
        }
      }
      isolatePorts();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static boolean isThere(Network network, Map<Network, Doors> doors) {
    return !network.isGated() || doors.containsKey(network);
  }

  private String chain(String suffix) {
    return name + "-" + suffix;
  }

  private String forwarded(Network network) {
    return switch (network) {
      case NONE_OUTSIDE, GATED -> chain("in");
      case INTERNET -> chain("out");
      case GATED_OPEN -> chain("open");
    };
  }

  /// A fence on this host is none around the bridges of another.
  private void requireBridges(List<Network> networks) throws IOException {
    for (Network network : networks) {
      if (!isUp(bridge(network))) {
        throw new IOException(
            "bridge %s is not on this host: the engine runs elsewhere, or rootless"
                .formatted(bridge(network)));
      }
    }
    if (!Files.exists(BRIDGE_FILTER) || !Files.readString(BRIDGE_FILTER).strip().equals("1")) {
      throw new IOException(
          "iptables does not see what passes a bridge (sysctl net.bridge.bridge-nf-call-iptables=1)");
    }
  }

  private String bridge(Network network) {
    return Objects.requireNonNull(bridges.get(network));
  }

  private static boolean isUp(String bridge) {
    return Files.exists(INTERFACES.resolve(bridge));
  }

  /// Keeps all that is plugged into the bridges from each other. Safe to repeat.
  void isolatePorts() throws IOException {
    for (String bridge : bridges.values()) {
      try (Stream<Path> ports = Files.list(INTERFACES.resolve(bridge).resolve("brif"))) {
        for (Path port : ports.toList()) {
          isolate(port.resolve("isolated"));
        }
      } catch (NoSuchFileException _) {
        // The bridge has just been removed.
      }
    }
  }

  private static void isolate(Path flag) throws IOException {
    try {
      Files.writeString(flag, "1");
    } catch (NoSuchFileException _) {
      // Unplugged meanwhile.
    }
  }

  private String rules(List<Network> networks, Map<Network, Doors> doors) {
    List<String> filter =
        new ArrayList<>(List.of("*filter", made("in"), made("gate"), made("out"), made("open")));
    for (String each : List.of("in", "gate", "out", "open")) {
      filter.add(rule(each, "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"));
    }
    filter.add(rule("in", "-j DROP"));
    for (String server : nameServers()) {
      filter.add(rule("out", "-d " + server + " -p udp --dport 53 -j RETURN"));
      filter.add(rule("out", "-d " + server + " -p tcp --dport 53 -j RETURN"));
    }
    filter.add(rule("open", "-p udp -m multiport --dports 80,443 -j REJECT"));
    for (String range : blockedRanges) {
      filter.add(rule("out", "-d " + range + " -j DROP"));
      filter.add(rule("open", "-d " + range + " -j DROP"));
    }
    List<String> nat = new ArrayList<>(List.of("*nat", made("nat")));
    networks.stream()
        .filter(Network::isGated)
        .forEach(network -> {
          Doors to = Objects.requireNonNull(doors.get(network));
          String from = "-i " + bridge(network) + " ";
          for (String protocol : List.of("udp", "tcp")) {
            String names = from + "-p " + protocol + " --dport ";
            nat.add(rule("nat", names + "53 -j REDIRECT --to-ports " + to.names()));
            filter.add(rule("gate", names + to.names() + " -j ACCEPT"));
          }
          nat.add(
              rule(
                  "nat",
                  from + "-p tcp -m multiport --dports 80,443 -j REDIRECT --to-ports " + to.web()));
          filter.add(rule("gate", from + "-p tcp --dport " + to.web() + " -j ACCEPT"));
        });
    filter.add(rule("gate", "-j DROP"));
    filter.add("COMMIT");
    nat.add("COMMIT\n");
    return String.join("\n", filter) + "\n" + String.join("\n", nat);
  }

  /** Made, or emptied. */
  private String made(String suffix) {
    return ":" + chain(suffix) + " - [0:0]";
  }

  private String rule(String suffix, String rest) {
    return "-A " + chain(suffix) + " " + rest;
  }

  private static List<String> nameServers() {
    try {
      return Files.readAllLines(Path.of("/etc/resolv.conf")).stream()
          .map(NAME_SERVER::matcher)
          .filter(matcher -> matcher.lookingAt())
          .map(matcher -> matcher.group(1))
          .toList();
    } catch (IOException _) {
      return List.of();
    }
  }

  private void jump(String table, String from, Network network, String to) throws IOException {
    String bridge = bridge(network);
    if (!succeeds("iptables", "-w", "10", "-t", table, "-C", from, "-i", bridge, "-j", to)) {
      run("", "iptables", "-w", "10", "-t", table, "-I", from, "1", "-i", bridge, "-j", to);
    }
  }

  /// Docker asks that rules of others stand in DOCKER-USER; without it (`--iptables=false`) FORWARD
  /// is all there is.
  private static String forwardChain() throws IOException {
    return succeeds("iptables", "-w", "10", "-n", "-L", "DOCKER-USER") ? "DOCKER-USER" : "FORWARD";
  }

  /// Takes down fences around bridges that are gone, left by deployments that were removed without
  /// us.
  private static void sweep() throws IOException {
    Set<String> names = new TreeSet<>();
    execute("", "iptables", "-w", "10", "-S")
        .output
        .lines()
        .map(CHAIN::matcher)
        .filter(Matcher::lookingAt)
        .forEach(chain -> names.add(chain.group(1)));
    for (String digest : names) {
      HostFence left = new HostFence(digest, List.of());
      if (left.bridges.values().stream().noneMatch(HostFence::isUp)) {
        left.lower();
      }
    }
  }

  /// Takes the fence down; what is gone already is passed over.
  void lower() {
    try {
      for (Network network : Network.values()) {
        for (String to : List.of(chain("in"), chain("gate"))) {
          unjump("filter", "INPUT", network, to);
        }
        for (String from : List.of("DOCKER-USER", "FORWARD")) {
          unjump("filter", from, network, forwarded(network));
        }
        unjump("nat", "PREROUTING", network, chain("nat"));
      }
      for (String suffix : List.of("in", "gate", "out", "open")) {
        remove("filter", chain(suffix));
      }
      remove("nat", chain("nat"));
    } catch (IOException _) {
      // No iptables: there was no fence.
    }
  }

  private void unjump(String table, String from, Network network, String to) throws IOException {
    succeeds("iptables", "-w", "10", "-t", table, "-D", from, "-i", bridge(network), "-j", to);
  }

  private static void remove(String table, String chain) throws IOException {
    succeeds("iptables", "-w", "10", "-t", table, "-F", chain);
    succeeds("iptables", "-w", "10", "-t", table, "-X", chain);
  }

  private static boolean succeeds(String... command) throws IOException {
    return execute("", command).code == 0;
  }

  private static void run(String input, String... command) throws IOException {
    Outcome outcome = execute(input, command);
    if (outcome.code != 0) {
      throw new IOException(
          "`%s` failed: %s".formatted(String.join(" ", command), outcome.output.strip()));
    }
  }

  private record Outcome(int code, String output) {}

  private static Outcome execute(String input, String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().write(input.getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IOException(
            "`%s` took more than %d s".formatted(String.join(" ", command), COMMAND_SECONDS_MAX));
      }
      return new Outcome(process.exitValue(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
