package io.holdfast.node.idempotency;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// What the operator sets for idempotency keys, see `holdfast.idempotency` in reference.conf.
///
/// @param retention how long a key is remembered
/// @param keysMax how many keys one object remembers
/// @param answerBytesMax how large an answer may be to be kept
/// @param requestBytesMax how large the body of a request with a key may be
/// @param joinedMax how many repeats may wait for the first call of their key
/// @param joinTimeout how long they wait
public record IdempotencySettings(
    Duration retention,
    int keysMax,
    int answerBytesMax,
    int requestBytesMax,
    int joinedMax,
    Duration joinTimeout) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.idempotency");

  public IdempotencySettings {
    SETTINGS.check("retention", retention.toMillis(), 1, Duration.ofDays(30).toMillis());
    SETTINGS.check("keys-max", keysMax, 1, 100_000_000);
    SETTINGS.check("answer-bytes-max", answerBytesMax, 0, 1 << 20);
    SETTINGS.check("request-bytes-max", requestBytesMax, 0, 64 << 20);
    SETTINGS.check("joined-max", joinedMax, 0, 100_000);
    SETTINGS.check("join-timeout", joinTimeout.toMillis(), 1, 900_000);
  }

  /// Reads `holdfast`.
  public static IdempotencySettings from(Config root) {
    Config config = root.getConfig("holdfast.idempotency");
    return new IdempotencySettings(
        config.getDuration("retention"),
        config.getInt("keys-max"),
        Math.toIntExact(config.getBytes("answer-bytes-max")),
        Math.toIntExact(config.getBytes("request-bytes-max")),
        config.getInt("joined-max"),
        config.getDuration("join-timeout"));
  }
}
