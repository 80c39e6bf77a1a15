package io.holdfast.persistence.embedded;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;

/// The settings of the embedded journal, checked. `reference.conf` says what each one means.
public record EmbeddedConfig(
    Path directory,
    int queueLengthMax,
    long queueBytesMax,
    long groupBytesMax,
    long freeBytesMin,
    Duration retryInterval,
    int readerThreads,
    long blockCacheBytes,
    long writeBufferBytes,
    long writeBuffersBytesMax,
    long logBytesMax) {

  /// The place of these settings.
  public static final String ROOT = "holdfast.persistence.embedded";

  private static final long KIB = 1024;
  private static final long GIB = KIB * KIB * KIB;

  public EmbeddedConfig {
    within("queue-length-max", queueLengthMax, 1, 1_000_000);
    within("queue-bytes-max", queueBytesMax, 64 * KIB, 16 * GIB);
    within("group-bytes-max", groupBytesMax, 64 * KIB, GIB);
    within("free-bytes-min", freeBytesMin, 0, 1024 * GIB);
    within("retry-interval", retryInterval.toMillis(), 1, 60_000);
    within("reader-threads", readerThreads, 1, 256);
    within("block-cache-bytes", blockCacheBytes, 0, 64 * GIB);
    within("write-buffer-bytes", writeBufferBytes, 64 * KIB, GIB);
    within("write-buffers-bytes-max", writeBuffersBytesMax, 64 * KIB, 16 * GIB);
    within("log-bytes-max", logBytesMax, 64 * KIB, GIB);
  }

  /// Reads the settings from the root of a configuration.
  ///
  /// @throws HoldfastException `CONFIG_INVALID` naming the key
  public static EmbeddedConfig from(Config root) {
    try {
      return read(root.getConfig(ROOT));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  private static EmbeddedConfig read(Config config) {
    return new EmbeddedConfig(
        directory(config.getString("directory")),
        config.getInt("queue-length-max"),
        config.getBytes("queue-bytes-max"),
        config.getBytes("group-bytes-max"),
        config.getBytes("free-bytes-min"),
        config.getDuration("retry-interval"),
        config.getInt("reader-threads"),
        config.getBytes("block-cache-bytes"),
        config.getBytes("write-buffer-bytes"),
        config.getBytes("write-buffers-bytes-max"),
        config.getBytes("log-bytes-max"));
  }

  private static Path directory(String text) {
    if (text.isBlank()) {
      throw invalid("directory", "a path", "nothing");
    }
    return Path.of(text);
  }

  private static void within(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw invalid(key, min + " to " + max, Long.toString(value));
    }
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, ROOT + "." + key + ": expected " + expected + ", found " + found);
  }
}
