package io.holdfast.engine.egress;

import java.net.InetAddress;
import java.util.Optional;

/// Which container an address is of.
@FunctionalInterface
public interface EgressDirectory {
  /// Waits a little for a container that has just been started; empty when there is none. Blocks.
  Optional<EgressClient> client(InetAddress source);
}
