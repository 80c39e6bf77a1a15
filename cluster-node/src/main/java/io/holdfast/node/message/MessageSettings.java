package io.holdfast.node.message;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// What the operator sets for messages between objects, see `holdfast.messages` in reference.conf.
///
/// @param messageBytesMax how large one message may be
/// @param waitingMax how many may wait in one sender
/// @param waitingBytesMax how large they may be together
/// @param receiversMax to how many receivers one sender delivers at one time
/// @param batchMax how many leave together
/// @param batchBytesMax how large they may be together, unless it is one
/// @param deliveryTimeout how long a receiver may take for a batch
/// @param triesMax how often a receiver's code may fail on a message
/// @param ageMax how long a message is tried
/// @param retryFirst how long after a failure it is tried again for the first time
/// @param retryMax the longest time between two tries
/// @param wakeAfter how long after a crash a sender with undelivered messages is woken
/// @param deadLettersMax how many messages that were given up a sender keeps
public record MessageSettings(
    int messageBytesMax,
    int waitingMax,
    long waitingBytesMax,
    int receiversMax,
    int batchMax,
    int batchBytesMax,
    Duration deliveryTimeout,
    int triesMax,
    Duration ageMax,
    Duration retryFirst,
    Duration retryMax,
    Duration wakeAfter,
    int deadLettersMax) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.messages");

  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  public MessageSettings {
    SETTINGS.check("message-bytes-max", messageBytesMax, 1, 1 << 20);
    SETTINGS.check("waiting-max", waitingMax, 1, 10_000_000);
    SETTINGS.check("waiting-bytes-max", waitingBytesMax, 1, 1L << 40);
    SETTINGS.check("receivers-max", receiversMax, 1, 100_000);
    SETTINGS.check("batch-max", batchMax, 1, 1_000);
    SETTINGS.check("batch-bytes-max", batchBytesMax, 1, 2 << 20);
    SETTINGS.check("delivery-timeout", deliveryTimeout.toMillis(), 10, DAY_MILLIS);
    SETTINGS.check("tries-max", triesMax, 1, 1_000);
    SETTINGS.check("age-max", ageMax.toMillis(), 1, 30 * DAY_MILLIS);
    SETTINGS.check("retry-first", retryFirst.toMillis(), 1, DAY_MILLIS);
    SETTINGS.check("retry-max", retryMax.toMillis(), retryFirst.toMillis(), DAY_MILLIS);
    SETTINGS.check("wake-after", wakeAfter.toMillis(), 10, DAY_MILLIS);
    SETTINGS.check("dead-letters-max", deadLettersMax, 1, 1_000_000);
  }

  /// Reads `holdfast`.
  public static MessageSettings from(Config root) {
    Config config = root.getConfig("holdfast.messages");
    return new MessageSettings(
        Math.toIntExact(config.getBytes("message-bytes-max")),
        config.getInt("waiting-max"),
        config.getBytes("waiting-bytes-max"),
        config.getInt("receivers-max"),
        config.getInt("batch-max"),
        Math.toIntExact(config.getBytes("batch-bytes-max")),
        config.getDuration("delivery-timeout"),
        config.getInt("tries-max"),
        config.getDuration("age-max"),
        config.getDuration("retry-first"),
        config.getDuration("retry-max"),
        config.getDuration("wake-after"),
        config.getInt("dead-letters-max"));
  }
}
