package io.holdfast.sdk;

import java.nio.charset.StandardCharsets;

/// What a command wrote and how it ended. The arrays are not copied: do not change them.
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record ExecOutput(byte[] stdout, byte[] stderr, int exitCode) {
  public String stdoutText() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  public String stderrText() {
    return new String(stderr, StandardCharsets.UTF_8);
  }
}
