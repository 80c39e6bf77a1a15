package io.holdfast.sdk;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a container is started; what is left empty comes from the app descriptor and the image.
///
/// @param entrypoint the program and its arguments, in place of the image's
/// @param env environment variables; names without `=` and NUL
/// @param enableInternet whether the container may reach the internet; off by default
/// @param labels up to 10 labels for metrics: names of 1 to 16 bytes, values up to 64 bytes, no
///   control characters
public record StartOptions(
    Optional<List<String>> entrypoint,
    Map<String, String> env,
    boolean enableInternet,
    Map<String, String> labels) {
  public static final StartOptions DEFAULT =
      new StartOptions(Optional.empty(), Map.of(), false, Map.of());

  public StartOptions {
    entrypoint = entrypoint.map(List::copyOf);
    env = Map.copyOf(env);
    labels = Map.copyOf(labels);
    env.forEach(StartOptions::checkEnv);
    if (labels.size() > 10) {
      throw invalid("at most 10 labels", labels.size() + " labels");
    }
    labels.forEach(StartOptions::checkLabel);
  }

  public StartOptions entrypoint(String... command) {
    return new StartOptions(Optional.of(List.of(command)), env, enableInternet, labels);
  }

  public StartOptions env(Map<String, String> variables) {
    return new StartOptions(entrypoint, variables, enableInternet, labels);
  }

  public StartOptions enableInternet(boolean enabled) {
    return new StartOptions(entrypoint, env, enabled, labels);
  }

  public StartOptions labels(Map<String, String> newLabels) {
    return new StartOptions(entrypoint, env, enableInternet, newLabels);
  }

  private static void checkEnv(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
      throw invalid("an environment variable name without '=' and NUL", "'" + name + "'");
    }
    if (value.indexOf('\0') >= 0) {
      throw invalid("a value without NUL for environment variable '" + name + "'", "one with NUL");
    }
  }

  private static void checkLabel(String name, String value) {
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    int valueBytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes < 1 || nameBytes > 16) {
      throw invalid("a label name of 1 to 16 bytes", nameBytes + " bytes in '" + name + "'");
    }
    if (valueBytes > 64) {
      throw invalid(
          "a label value of at most 64 bytes", valueBytes + " bytes in label '" + name + "'");
    }
    if ((name + value).chars().anyMatch(Character::isISOControl)) {
      throw invalid("a label without control characters", "one in label '" + name + "'");
    }
  }

  private static HoldfastException invalid(String expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "expected " + expected + ", found " + found);
  }
}
