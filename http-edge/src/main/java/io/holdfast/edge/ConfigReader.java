package io.holdfast.edge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/// Reads the keys below one path and names the one that is wrong.
final class ConfigReader {
  private final Config root;
  private final String path;

  private ConfigReader(Config root, String path) {
    this.root = root;
    this.path = path;
  }

  static ConfigReader at(Config root, String path) {
    return new ConfigReader(root, path);
  }

  String text(String key) {
    String text = read(key, root::getString, "a text");
    if (text.isBlank()) {
      throw bad(key, "a text", "''", null);
    }
    return text;
  }

  boolean flag(String key) {
    return read(key, root::getBoolean, "on or off");
  }

  int integer(String key, int min, int max) {
    return (int) inRange(key, read(key, root::getLong, "a number"), min, max);
  }

  long bytes(String key, long min, long max) {
    return inRange(key, read(key, root::getBytes, "a size such as 16 KiB"), min, max);
  }

  Duration duration(String key, Duration min, Duration max) {
    Duration found = read(key, root::getDuration, "a duration such as 30 s");
    if (found.compareTo(min) < 0 || found.compareTo(max) > 0) {
      throw bad(key, "a duration from " + millis(min) + " to " + millis(max), millis(found), null);
    }
    return found;
  }

  String oneOf(String key, String... allowed) {
    String found = text(key);
    if (!List.of(allowed).contains(found)) {
      throw bad(key, "one of " + String.join(", ", allowed), "'" + found + "'", null);
    }
    return found;
  }

  private long inRange(String key, long found, long min, long max) {
    if (found < min || found > max) {
      throw bad(key, "a value from " + min + " to " + max, Long.toString(found), null);
    }
    return found;
  }

  private <T> T read(String key, Function<String, T> getter, String expected) {
    try {
      return getter.apply(path + "." + key);
    } catch (ConfigException.Missing e) {
      throw bad(key, expected, "nothing", e);
    } catch (ConfigException e) {
      throw bad(key, expected, "'" + root.getValue(path + "." + key).unwrapped() + "'", e);
    }
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + " ms";
  }

  private HoldfastException bad(
      String key, String expected, String found, @org.jspecify.annotations.Nullable Throwable e) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "%s.%s: expected %s, found %s".formatted(path, key, expected, found),
        e);
  }
}
