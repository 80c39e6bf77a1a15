package io.holdfast.engine;

import java.nio.charset.StandardCharsets;

/// How a command inside a container ended and what it wrote. The arrays are not copied: do not
/// change them.
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record ExecResult(int exitCode, byte[] stdout, byte[] stderr, Output output) {
  /// Whether all that the command wrote was kept.
  public enum Output {
    COMPLETE,
    CUT
  }

  public String stdoutText() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  public String stderrText() {
    return new String(stderr, StandardCharsets.UTF_8);
  }
}
