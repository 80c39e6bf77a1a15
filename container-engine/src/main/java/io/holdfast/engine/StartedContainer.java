package io.holdfast.engine;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A container that was started. Whether its program listens already is for the [ReadinessProbe] to
/// say.
///
/// @param address where it is reached; empty when its process had ended again before the start
///   returned. Addresses are used again by later containers: forget it when this one ends
/// @param startedAt by the engine's clock
/// @param timing where the time went
public record StartedContainer(
    ContainerId id,
    Optional<InetAddress> address,
    Instant startedAt,
    Origin origin,
    Timing timing) {
  /// How long the engine took for each step of a start; zero for steps that were not needed.
  public record Timing(Duration create, Duration start, Duration inspect) {
    public static final Timing NONE = new Timing(Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  /// Whether the start made it or met it.
  public enum Origin {
    CREATED,
    /// It was there, from an earlier start of the same owner, epoch and specification.
    FOUND
  }

  /// Where a port of it is reached.
  ///
  /// @throws HoldfastException `container_not_running` when it had ended before the start returned
  public InetSocketAddress endpoint(int port) {
    InetAddress known =
        address.orElseThrow(() ->
            new HoldfastException(
                ErrorCode.CONTAINER_NOT_RUNNING,
                "container %s ended as soon as it was started".formatted(id)));
    return new InetSocketAddress(known, port);
  }
}
