package io.holdfast.engine.egress;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Where hosts of the world are, as far as containers may know. The ranges that are closed to them
/// are left out after the name was resolved, so that no name leads into them. IPv4 only.
public final class WorldAddresses {
  private final List<AddressRange> closed;
  private final Map<String, InetAddress> known;
  private final Names names;

  /// How names are resolved.
  @FunctionalInterface
  public interface Names {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  /// What a host is when all its addresses are closed.
  public static final class ClosedException extends IOException {
    private static final long serialVersionUID = 1L;

    ClosedException(String host) {
      super(host + " has no address that containers may reach");
    }
  }

  /// @param known hosts with an address that the operator gave them, closed or not
  public WorldAddresses(List<AddressRange> closed, Map<String, InetAddress> known, Names names) {
    this.closed = List.copyOf(closed);
    this.known =
        known.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    entry -> HostPattern.normal(entry.getKey()), Map.Entry::getValue));
    this.names = names;
  }

  /// The addresses of a host that a container may be connected to. Blocks.
  ///
  /// @throws UnknownHostException when there is no such host
  /// @throws ClosedException when it has none that may be reached
  List<InetAddress> of(String host, EgressPolicy policy) throws IOException {
    InetAddress given = known.get(HostPattern.normal(host));
    List<InetAddress> found =
        given != null
            ? List.of(given)
            : Arrays.stream(names.all(host)).filter(this::isOpen).toList();
    List<InetAddress> open =
        found.stream().filter(address -> !policy.deniesAddress(address)).toList();
    if (open.isEmpty()) {
      throw new ClosedException(host);
    }
    return open;
  }

  private boolean isOpen(InetAddress address) {
    return address instanceof Inet4Address
        && closed.stream().noneMatch(range -> range.contains(address));
  }
}
