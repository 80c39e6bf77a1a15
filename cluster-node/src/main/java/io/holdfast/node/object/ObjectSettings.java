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
/// @param queuedEventsMax how many events may wait for the turn of one object
/// @param eventsMax how many events may be in one object, queued, running or waiting
/// @param blockConcurrencyTimeout how long blockConcurrencyWhile and the constructor may take
/// @param idempotency for calls under a key
/// @param messages for messages between objects
public record ObjectSettings(
    String region,
    Duration idleTimeout,
    Duration closeDatabaseAfter,
    int queuedEventsMax,
    int eventsMax,
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
    if (queuedEventsMax < 1 || queuedEventsMax > 1_000_000) {
      throw invalid(
          "holdfast.objects.queued-events-max", "1 to 1000000", Integer.toString(queuedEventsMax));
    }
    if (eventsMax < 1 || eventsMax > 1_000_000) {
      throw invalid("holdfast.objects.events-max", "1 to 1000000", Integer.toString(eventsMax));
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
        root.getInt("holdfast.objects.queued-events-max"),
        root.getInt("holdfast.objects.events-max"),
        root.getDuration("holdfast.objects.block-concurrency-timeout"),
        IdempotencySettings.from(root),
        MessageSettings.from(root));
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, key + ": expected " + expected + ", found " + found);
  }
}
