package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// The command line of a node, as configuration: `--set key=value` over `--config FILE` over
/// reference.conf.
///
/// @param config everything, resolved
/// @param wish what the process is to do
record NodeArguments(Config config, Wish wish) {
  enum Wish {
    RUN,
    PRINT_CONFIG,
    PRINT_HELP
  }

  static final String HELP =
      """
      holdfast-node [--config FILE] [--set KEY=VALUE]... [--print-config]

        --config FILE      HOCON file; what it leaves out has its default
        --set KEY=VALUE    one key, such as holdfast.edge.port=8080; may be repeated
        --print-config     prints the effective configuration and ends
      """;

  static NodeArguments parse(String... arguments) {
    Config set = ConfigFactory.empty();
    Config file = ConfigFactory.empty();
    Wish wish = Wish.RUN;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--config" -> file = read(valueOf(arguments, ++i));
        case "--set" -> set = parsed(valueOf(arguments, ++i)).withFallback(set);
        case "--print-config" -> wish = Wish.PRINT_CONFIG;
        case "--help", "-h" -> wish = Wish.PRINT_HELP;
        default ->
            throw invalid(
                "unknown argument '" + arguments[i] + "', expected one of:\n" + HELP.strip());
      }
    }
    return new NodeArguments(resolved(set.withFallback(file)), wish);
  }

  private static Config resolved(Config own) {
    try {
      Config all =
          ConfigFactory.defaultOverrides()
              .withFallback(own)
              .withFallback(ConfigFactory.defaultReferenceUnresolved())
              .resolve();
      refuseUnknown(own.resolveWith(all));
      return all;
    } catch (ConfigException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  /** What has no default is a slip of the pen. */
  private static void refuseUnknown(Config own) {
    Config known = ConfigFactory.defaultReference();
    for (Map.Entry<String, ConfigValue> setting : own.entrySet()) {
      String key = setting.getKey();
      if (key.startsWith("holdfast.") && !known.hasPathOrNull(key)) {
        throw invalid(
            key + ": there is no such setting; docs/configuration.md tells where all are");
      }
    }
  }

  private static String valueOf(String[] arguments, int index) {
    if (index >= arguments.length) {
      throw invalid("expected a value after " + arguments[index - 1] + ", found nothing");
    }
    return arguments[index];
  }

  private static Config parsed(String keyAndValue) {
    int equals = keyAndValue.indexOf('=');
    if (equals < 1) {
      throw invalid("expected --set key=value, found '" + keyAndValue + "'");
    }
    try {
      String key = keyAndValue.substring(0, equals);
      String value = keyAndValue.substring(equals + 1);
      return ConfigFactory.parseString(key + " = " + quoted(value));
    } catch (ConfigException e) {
      throw invalid("--set " + keyAndValue + ": " + e.getMessage());
    }
  }

  private static String quoted(String value) {
    return com.typesafe.config.ConfigUtil.quoteString(value);
  }

  private static Config read(String file) {
    if (!Files.isReadable(Path.of(file))) {
      throw invalid("--config: expected a readable file, found none at '" + file + "'");
    }
    try {
      return ConfigFactory.parseFile(
          Path.of(file).toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
    } catch (ConfigException e) {
      throw invalid("--config " + file + ": " + e.getMessage());
    }
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.CONFIG_INVALID, message);
  }
}
