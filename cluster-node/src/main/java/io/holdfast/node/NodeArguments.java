package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
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

  /** Its keys are names of the operator's. */
  private static final String REGIONS = "holdfast.regions.";

  static final String HELP =
      """
      holdfast-node [--config FILE] [--set KEY=VALUE]... [--print-config]

        --config FILE      HOCON file; what it leaves out has its default
        --set KEY=VALUE    one key, such as holdfast.edge.port=8080, or one of a list, such as
                           holdfast.cluster.seeds.0=10.0.0.1:7600; may be repeated
        --print-config     prints the effective configuration and ends

      holdfast-node data export|import FILE [--config FILE] [--set KEY=VALUE]...

        copies all objects of a store to a file and back, see docs/operating.md
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
      Config said = ConfigFactory.defaultOverrides().withFallback(own);
      Config all =
          said.withFallback(ofStore(said))
              .withFallback(ofTls(said))
              .withFallback(ConfigFactory.defaultReferenceUnresolved())
              .resolve();
      refuseUnknown(own.resolveWith(all));
      return all;
    } catch (ConfigException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  /** What the choice of the store means for the settings of others. */
  private static Config ofStore(Config said) {
    boolean cassandra =
        said.hasPath("holdfast.store") && said.getString("holdfast.store").equals("cassandra");
    return cassandra
        ? ConfigFactory.parseResources("holdfast-cluster.conf")
        : ConfigFactory.empty();
  }

  private static Config ofTls(Config said) {
    String directory = "holdfast.cluster.tls-directory";
    return said.hasPath(directory) && !said.getString(directory).isEmpty()
        ? ConfigFactory.parseResources("holdfast-tls.conf")
        : ConfigFactory.empty();
  }

  /** What has no default is a slip of the pen. */
  private static void refuseUnknown(Config own) {
    Config known = ConfigFactory.defaultReference();
    for (Map.Entry<String, ConfigValue> setting : own.entrySet()) {
      String key = setting.getKey();
      boolean named = key.startsWith(REGIONS); // Regions checks what is below.
      if (key.startsWith("holdfast.")
          && !named
          && !known.hasPathOrNull(key)
          && !isOfList(key, known)) {
        throw invalid(
            key + ": there is no such setting; docs/configuration.md tells where all are");
      }
    }
  }

  /** HOCON takes `seeds.0` for the first of the list `seeds`. */
  private static boolean isOfList(String key, Config known) {
    int dot = key.lastIndexOf('.');
    String list = key.substring(0, dot);
    return key.substring(dot + 1).matches("\\d+")
        && known.hasPath(list)
        && known.getValue(list).valueType() == ConfigValueType.LIST;
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
