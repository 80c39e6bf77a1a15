package io.holdfast.node.cluster;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.actor.Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the cluster is looked for: `host:port`, or `dns:name:port` for a node at each address that
/// the name has just then, as the headless service of a Kubernetes has those of its pods.
final class Seeds {
  private static final Logger log = LoggerFactory.getLogger(Seeds.class);
  private static final Pattern FORM = Pattern.compile("(dns:)?(.+):(\\d{1,5})");

  private final String system;
  private final List<String> texts;
  private final Resolver resolver;

  /** Asks for the addresses of a name. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] all(String name) throws UnknownHostException;
  }

  /// @param system the name of the actor system of all nodes
  /// @param texts for which [#isSeed] holds
  Seeds(String system, List<String> texts, Resolver resolver) {
    this.system = system;
    this.texts = texts;
    this.resolver = resolver;
  }

  static boolean isSeed(String text) {
    return FORM.matcher(text).matches();
  }

  /// Whether the addresses behind it may be others at another time.
  static boolean isName(String text) {
    return text.startsWith("dns:");
  }

  /// The addresses as they are now, in the order of the list, those of one name sorted; blocks for
  /// names. A name that cannot be resolved has none.
  SequencedSet<Address> now() {
    SequencedSet<Address> all = new LinkedHashSet<>();
    for (String text : texts) {
      Matcher parts = FORM.matcher(text);
      if (parts.matches()) {
        int port = Integer.parseInt(parts.group(3));
        hosts(parts.group(1) != null, parts.group(2))
            .forEach(host -> all.add(new Address("pekko", system, host, port)));
      }
    }
    return all;
  }

  /** As an address of Pekko has it. */
  private static String host(InetAddress address) {
    String text = address.getHostAddress();
    return address instanceof Inet6Address ? "[" + text + "]" : text;
  }

  private Stream<String> hosts(boolean isName, String host) {
    if (!isName) {
      return Stream.of(host);
    }
    try {
      return Stream.of(resolver.all(host)).map(Seeds::host).sorted(Comparator.naturalOrder());
    } catch (UnknownHostException e) {
      log.warn("the seeds behind {} cannot be found: {}", host, e.getMessage());
      return Stream.empty();
    }
  }
}
