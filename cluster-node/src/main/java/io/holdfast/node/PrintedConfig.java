package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.Map;

/// The effective configuration as a node prints it: what is under a key `password` is hidden.
final class PrintedConfig {
  private static final String SECRET = "password";
  private static final ConfigValue HIDDEN = ConfigValueFactory.fromAnyRef("(hidden)");

  private PrintedConfig() {}

  /// All of `holdfast`, with comments, as HOCON.
  static String of(Config config) {
    return hidden(config.getConfig("holdfast").root())
        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  private static ConfigValue hidden(ConfigValue value) {
    return switch (value) {
      case ConfigObject object -> {
        ConfigObject result = object;
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
          boolean secret = entry.getKey().equals(SECRET);
          ConfigValue seen = secret ? HIDDEN : hidden(entry.getValue());
          if (!seen.equals(entry.getValue())) {
            result = result.withValue(entry.getKey(), seen);
          }
        }
        yield result;
      }
      case ConfigList list -> {
        ConfigValue seen =
            ConfigValueFactory.fromIterable(list.stream().map(PrintedConfig::hidden).toList());
        yield seen.equals(list) ? list : seen;
      }
      default -> value;
    };
  }
}
