package io.holdfast.edge;

import java.time.Duration;

/// What `holdfast.edge.web-sockets` sets.
///
/// @param messageBytesMax the longest message of a client
/// @param unreadBytesMax what may wait for a client that reads slowly
/// @param untakenBytesMax what of a client's messages the object may not have handled yet before no
///   more is read
/// @param pingInterval how long a client may be silent before it is asked for a sign of life
/// @param pongTimeout how long it then has
/// @param closeTimeout how long it has to answer a close frame
public record SocketLimits(
    int messageBytesMax,
    int unreadBytesMax,
    int untakenBytesMax,
    Duration pingInterval,
    Duration pongTimeout,
    Duration closeTimeout) {
  static SocketLimits from(ConfigReader edge) {
    Duration shortest = Duration.ofMillis(10);
    Duration day = Duration.ofHours(24);
    return new SocketLimits(
        (int) edge.bytes("web-sockets.message-bytes-max", 1 << 10, 32 << 20),
        (int) edge.bytes("web-sockets.unread-bytes-max", 1 << 10, 1 << 30),
        (int) edge.bytes("web-sockets.untaken-bytes-max", 1 << 10, 1 << 30),
        edge.duration("web-sockets.ping-interval", shortest, day),
        edge.duration("web-sockets.pong-timeout", shortest, day),
        edge.duration("web-sockets.close-timeout", shortest, Duration.ofMinutes(10)));
  }
}
