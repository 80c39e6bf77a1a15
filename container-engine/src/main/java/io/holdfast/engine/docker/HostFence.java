package io.holdfast.engine.docker;

import io.holdfast.engine.Deployment;
import io.holdfast.engine.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/*
 * Docker keeps an internal network from the internet, but not from the host: the bridge has an address of the host on
 * it, and whatever listens on 0.0.0.0 there answers. Two chains close that:
 *
 *   INPUT        -i <either bridge>     -> <name>-in   : replies to the host pass, everything else is dropped
 *   DOCKER-USER  -i <internal bridge>   -> <name>-in   : the same, should Docker's own rules be off
 *   DOCKER-USER  -i <internet bridge>   -> <name>-out  : replies pass, DNS to the host's name servers passes, private and
 *                                                        metadata ranges are dropped, the rest goes on to Docker's rules
 *
 * A chain is filled in one `iptables-restore` transaction, so that it is never open while it is renewed. IPv6 is off in
 * containers on these networks (Docker disables it where a network has none).
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
  private final List<String> bridges;
  private final String internetBridge;
  private final List<String> blockedRanges;

  static HostFence around(
      DockerNetworks networks, Deployment deployment, List<String> blockedRanges) {
    return new HostFence(
        PREFIX + deployment.digest(12),
        Arrays.stream(Network.values()).map(networks::bridge).toList(),
        networks.bridge(Network.INTERNET),
        blockedRanges);
  }

  /// @param name start of the names of its chains, at most 20 characters
  HostFence(String name, List<String> bridges, String internetBridge, List<String> blockedRanges) {
    this.name = name;
    this.bridges = bridges;
    this.internetBridge = internetBridge;
    this.blockedRanges = blockedRanges;
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
  Optional<String> raise() {
    try {
      requireBridges();
      sweep();
      run(rules(), "iptables-restore", "--noflush", "-w", "10");
      String forward = forwardChain();
      for (String bridge : bridges) {
        jump("INPUT", bridge, in());
        jump(forward, bridge, bridge.equals(internetBridge) ? out() : in());
      }
      isolatePorts();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /// A fence on this host is none around the bridges of another.
  private void requireBridges() throws IOException {
    for (String bridge : bridges) {
      if (!Files.exists(INTERFACES.resolve(bridge))) {
        throw new IOException(
            "bridge %s is not on this host: the engine runs elsewhere, or rootless"
                .formatted(bridge));
      }
    }
    if (!Files.exists(BRIDGE_FILTER) || !Files.readString(BRIDGE_FILTER).strip().equals("1")) {
      throw new IOException(
          "iptables does not see what passes a bridge (sysctl net.bridge.bridge-nf-call-iptables=1)");
    }
  }

  /// Keeps all that is plugged into the bridges from each other. Safe to repeat.
  void isolatePorts() throws IOException {
    for (String bridge : bridges) {
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

  private String in() {
    return name + "-in";
  }

  private String out() {
    return name + "-out";
  }

  private String rules() {
    List<String> lines =
        new ArrayList<>(List.of("*filter", ":" + in() + " - [0:0]", ":" + out() + " - [0:0]"));
    for (String chain : List.of(in(), out())) {
      lines.add("-A " + chain + " -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN");
    }
    lines.add("-A " + in() + " -j DROP");
    for (String server : nameServers()) {
      lines.add("-A " + out() + " -d " + server + " -p udp --dport 53 -j RETURN");
      lines.add("-A " + out() + " -d " + server + " -p tcp --dport 53 -j RETURN");
    }
    blockedRanges.forEach(range -> lines.add("-A " + out() + " -d " + range + " -j DROP"));
    lines.add("COMMIT\n");
    return String.join("\n", lines);
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

  private void jump(String from, String bridge, String to) throws IOException {
    if (!succeeds("iptables", "-w", "10", "-C", from, "-i", bridge, "-j", to)) {
      run("", "iptables", "-w", "10", "-I", from, "1", "-i", bridge, "-j", to);
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
      List<String> bridges = List.of("hf" + digest + "i", "hf" + digest + "o");
      if (bridges.stream().noneMatch(bridge -> Files.exists(INTERFACES.resolve(bridge)))) {
        new HostFence(PREFIX + digest, bridges, bridges.getLast(), List.of()).lower();
      }
    }
  }

  /// Takes the fence down; what is gone already is passed over.
  void lower() {
    try {
      for (String bridge : bridges) {
        succeeds("iptables", "-w", "10", "-D", "INPUT", "-i", bridge, "-j", in());
        String forwarded = bridge.equals(internetBridge) ? out() : in();
        for (String chain : List.of("DOCKER-USER", "FORWARD")) {
          succeeds("iptables", "-w", "10", "-D", chain, "-i", bridge, "-j", forwarded);
        }
      }
      for (String chain : List.of(in(), out())) {
        succeeds("iptables", "-w", "10", "-F", chain);
        succeeds("iptables", "-w", "10", "-X", chain);
      }
    } catch (IOException _) {
      // No iptables: there was no fence.
    }
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
