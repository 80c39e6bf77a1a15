package io.holdfast.engine;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Reads checked values; every complaint names the whole key, what was expected and what was found.
final class ConfigReader {
  private final Config config;
  private final String prefix;

  ConfigReader(Config root, String prefix) {
    this.config = root;
    this.prefix = prefix + ".";
  }

  String text(String key, Pattern form) {
    String value = read(key, config::getString);
    return checked(key, value, form);
  }

  List<String> texts(String key, Pattern form) {
    List<String> values = List.copyOf(read(key, config::getStringList));
    values.forEach(value -> checked(key, value, form));
    return values;
  }

  /// One reader per object in a list.
  List<ConfigReader> items(String key) {
    List<? extends Config> items = read(key, config::getConfigList);
    return IntStream.range(0, items.size())
        .mapToObj(i -> {
          String path = prefix + key + "-" + (i + 1);
          return new ConfigReader(items.get(i).atPath(path), path);
        })
        .toList();
  }

  private String checked(String key, String value, Pattern form) {
    if (!form.matcher(value).matches()) {
      throw invalid(key, "a value of the form " + form, value);
    }
    return value;
  }

  int integer(String key, int min, int max) {
    int value = read(key, config::getInt);
    if (value < min || value > max) {
      throw invalid(key, "a number from %d to %d".formatted(min, max), Integer.toString(value));
    }
    return value;
  }

  long bytes(String key, long min, long max) {
    long value = read(key, config::getBytes);
    if (value < min || value > max) {
      throw invalid(key, "a size from %d to %d bytes".formatted(min, max), Long.toString(value));
    }
    return value;
  }

  Duration duration(String key, Duration min, Duration max) {
    Duration value = read(key, config::getDuration);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw invalid(
          key,
          "a duration from %d to %d ms".formatted(min.toMillis(), max.toMillis()),
          value.toString());
    }
    return value;
  }

  <E extends Enum<E>> E choice(String key, Class<E> choices) {
    String value = read(key, config::getString);
    return Arrays.stream(choices.getEnumConstants())
        .filter(choice -> choice.name().toLowerCase(Locale.ROOT).equals(value))
        .findFirst()
        .orElseThrow(() -> invalid(key, "one of " + names(choices), value));
  }

  private static <E extends Enum<E>> String names(Class<E> choices) {
    return Arrays.toString(choices.getEnumConstants()).toLowerCase(Locale.ROOT);
  }

  private <T> T read(String key, Function<String, T> getter) {
    try {
      return getter.apply(prefix + key);
    } catch (ConfigException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID, "%s%s: %s".formatted(prefix, key, e.getMessage()), e);
    }
  }

  private HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "%s%s: expected %s, found '%s'".formatted(prefix, key, expected, found));
  }
}
