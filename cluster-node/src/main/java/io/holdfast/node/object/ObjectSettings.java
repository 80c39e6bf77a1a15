package io.holdfast.node.object;

import com.typesafe.config.Config;
import io.holdfast.node.idempotency.IdempotencySettings;
import io.holdfast.node.message.MessageSettings;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// What the operator sets for objects, see `holdfast.objects` in reference.conf.
///
/// @param region where this node is
/// @param idleTimeout how long an object stays in memory without an event
/// @param closeDatabaseAfter how long after its last event an object keeps its database open
/// @param limits of the events of one object
/// @param blockConcurrencyTimeout how long blockConcurrencyWhile and the constructor may take
/// @param idempotency for calls under a key
/// @param messages for messages between objects
public record ObjectSettings(
    String region,
    Duration idleTimeout,
    Duration closeDatabaseAfter,
    EventLimits limits,
    Duration blockConcurrencyTimeout,
    IdempotencySettings idempotency,
    MessageSettings messages) {
  public ObjectSettings {
    if (idleTimeout.toMillis() < 100) {
      throw invalid("holdfast.objects.idle-timeout", "100 ms or more", idleTimeout.toString());
    }
    if (closeDatabaseAfter.toMillis() < 1) {
      throw invalid(
          "holdfast.objects.close-database-after", "1 ms or more", closeDatabaseAfter.toString());
    }
    if (blockConcurrencyTimeout.toMillis() < 1) {
      throw invalid(
          "holdfast.objects.block-concurrency-timeout",
          "1 ms or more",
          blockConcurrencyTimeout.toString());
    }
  }

  /// Reads `holdfast`.
  public static ObjectSettings from(Config root) {
    return new ObjectSettings(
        root.getString("holdfast.region"),
        root.getDuration("holdfast.objects.idle-timeout"),
        root.getDuration("holdfast.objects.close-database-after"),
        EventLimits.from(root.getConfig("holdfast.objects")),
        root.getDuration("holdfast.objects.block-concurrency-timeout"),
        IdempotencySettings.from(root),
        MessageSettings.from(root));
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, key + ": expected " + expected + ", found " + found);
  }
}
