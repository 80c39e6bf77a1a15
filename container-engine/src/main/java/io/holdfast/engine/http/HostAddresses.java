package io.holdfast.engine.http;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// Where the host of a URL is.
@FunctionalInterface
public interface HostAddresses {
  /// As the machine knows it.
  HostAddresses OF_MACHINE = host -> List.of(InetAddress.getAllByName(host));

  /// The addresses to try, in this order. Blocks.
  ///
  /// @throws java.net.UnknownHostException when there is no such host
  List<InetAddress> of(String host) throws IOException;
}
