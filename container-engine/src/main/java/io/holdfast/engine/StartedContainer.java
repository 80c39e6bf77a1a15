package io.holdfast.engine;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;

/// A container that runs. Whether its program listens already is for the [ReadinessProbe] to say.
///
/// @param address where it is reached; addresses are used again by later containers, so forget it
///   when this one ends
/// @param startedAt by the engine's clock
public record StartedContainer(
    ContainerId id, InetAddress address, Instant startedAt, Origin origin) {
  /// Whether the start made it or met it.
  public enum Origin {
    CREATED,
    /// It was there, from an earlier start of the same owner, epoch and specification.
    FOUND
  }

  public InetSocketAddress endpoint(int port) {
    return new InetSocketAddress(address, port);
  }
}
