package io.holdfast.engine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A command to run inside a container.
///
/// @param command program and arguments; no shell
/// @param folder working directory; empty = the image's own
/// @param user name or uid; empty = the container's own
/// @param outputBytesMax how much of stdout and of stderr is kept; the rest is read and dropped
public record ExecRequest(
    List<String> command,
    Map<String, String> env,
    Optional<String> folder,
    Optional<String> user,
    Duration timeout,
    int outputBytesMax) {
  public static final Duration TIMEOUT = Duration.ofMinutes(5);
  public static final int OUTPUT_BYTES_MAX = 1024 * 1024;

  public ExecRequest {
    command = List.copyOf(command);
    env = Map.copyOf(env);
    if (command.isEmpty()) {
      throw new IllegalArgumentException(
          "expected a command to run in the container, found an empty list");
    }
  }

  /// As the container's own user, for up to 5 minutes, keeping up to 1 MiB of each output.
  public static ExecRequest of(String... command) {
    return new ExecRequest(
        List.of(command), Map.of(), Optional.empty(), Optional.empty(), TIMEOUT, OUTPUT_BYTES_MAX);
  }

  public ExecRequest withTimeout(Duration newTimeout) {
    return new ExecRequest(command, env, folder, user, newTimeout, outputBytesMax);
  }

  public ExecRequest withOutputBytesMax(int newMax) {
    return new ExecRequest(command, env, folder, user, timeout, newMax);
  }
}
