package io.holdfast.sdk;

import java.util.Map;
import java.util.Optional;

/// How a command runs in a container. Begin with [#DEFAULT]: in the image's working folder, as the
/// container's user, without input, with both outputs to be read, without a terminal.
///
/// @param cwd working folder
/// @param env environment variables on top of the container's; names without `=` and NUL
/// @param user name or number
/// @param pty a terminal; stdout and stderr then come together as stdout
public record ExecOptions(
    Optional<String> cwd,
    Map<String, String> env,
    Optional<String> user,
    Input stdin,
    Output stdout,
    ErrorOutput stderr,
    Optional<Pty> pty) {
  /// What the command reads.
  public enum Input {
    /// Nothing.
    NONE,
    /// What is written to [ContainerProcess#stdin()].
    PIPE
  }

  /// What becomes of what the command writes.
  public enum Output {
    /// It is read from [ContainerProcess#stdout()].
    PIPE,
    IGNORE
  }

  /// What becomes of what the command writes to stderr.
  public enum ErrorOutput {
    /// It is read from [ContainerProcess#stderr()].
    PIPE,
    IGNORE,
    /// It comes with stdout, in the order in which it was written.
    COMBINED
  }

  /// The size of a terminal, each 1 to 65,535.
  public record Pty(int cols, int rows) {
    public static final Pty DEFAULT = new Pty(80, 24);
    private static final int MOST = 65_535;

    public Pty {
      if (cols < 1 || cols > MOST || rows < 1 || rows > MOST) {
        throw invalid("1 to 65535 columns and rows, found " + cols + " by " + rows);
      }
    }
  }

  public static final ExecOptions DEFAULT =
      new ExecOptions(
          Optional.empty(),
          Map.of(),
          Optional.empty(),
          Input.NONE,
          Output.PIPE,
          ErrorOutput.PIPE,
          Optional.empty());

  /// @throws HoldfastException `invalid_argument` for stderr that is to come with a stdout that is
  ///   ignored, or a wrong name of a variable
  public ExecOptions {
    env = Map.copyOf(env);
    env.forEach(StartOptions::checkEnv);
    if (stderr == ErrorOutput.COMBINED && stdout != Output.PIPE) {
      throw invalid("stdout PIPE with stderr COMBINED, found " + stdout);
    }
    if (pty.isPresent() && stdout != Output.PIPE) {
      throw invalid("stdout PIPE with a terminal, found " + stdout);
    }
  }

  public ExecOptions cwd(String folder) {
    return new ExecOptions(Optional.of(folder), env, user, stdin, stdout, stderr, pty);
  }

  public ExecOptions env(Map<String, String> variables) {
    return new ExecOptions(cwd, variables, user, stdin, stdout, stderr, pty);
  }

  public ExecOptions user(String nameOrNumber) {
    return new ExecOptions(cwd, env, Optional.of(nameOrNumber), stdin, stdout, stderr, pty);
  }

  public ExecOptions stdin(Input input) {
    return new ExecOptions(cwd, env, user, input, stdout, stderr, pty);
  }

  public ExecOptions stdout(Output output) {
    return new ExecOptions(cwd, env, user, stdin, output, stderr, pty);
  }

  public ExecOptions stderr(ErrorOutput output) {
    return new ExecOptions(cwd, env, user, stdin, stdout, output, pty);
  }

  /// With a terminal; 80 columns and 24 rows are usual, see [Pty#DEFAULT].
  public ExecOptions pty(int cols, int rows) {
    return new ExecOptions(cwd, env, user, stdin, stdout, stderr, Optional.of(new Pty(cols, rows)));
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_ARGUMENT, "expected " + message);
  }
}
