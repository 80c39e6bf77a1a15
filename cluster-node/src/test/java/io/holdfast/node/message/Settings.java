package io.holdfast.node.message;

import java.time.Duration;

/// Settings of the tests of this package: small numbers, no patience.
final class Settings {
  static final MessageSettings QUICK = quick(1_000, 1_000_000);

  private Settings() {}

  static MessageSettings quick(int triesMax, int waitingMax) {
    return new MessageSettings(
        1_000,
        waitingMax,
        1 << 20,
        3,
        4,
        3_000,
        Duration.ofMinutes(1),
        triesMax,
        Duration.ofHours(10),
        Duration.ofMillis(100),
        Duration.ofSeconds(5),
        Duration.ofSeconds(2),
        5);
  }
}
