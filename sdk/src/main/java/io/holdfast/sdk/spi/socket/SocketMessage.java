package io.holdfast.sdk.spi.socket;

import java.nio.charset.StandardCharsets;

/// A whole message.
public sealed interface SocketMessage {
  /// The longest message that is taken, in either direction, in bytes.
  int BYTES_MAX = 32 << 20;

  record Text(String text) implements SocketMessage {}

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Binary(byte[] bytes) implements SocketMessage {}

  /// About how many bytes it takes in memory.
  default int weight() {
    return switch (this) {
      case Text(String text) -> text.length();
      case Binary(byte[] bytes) -> bytes.length;
    };
  }

  /// Whether it is longer than [#BYTES_MAX].
  default boolean tooLong() {
    return weight() > BYTES_MAX
        || (this instanceof Text(String text)
            && text.length() > BYTES_MAX / 3
            && text.getBytes(StandardCharsets.UTF_8).length > BYTES_MAX);
  }
}
