package io.holdfast.testkit;

import io.holdfast.sdk.ExecOptions;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/// What a command does that is run inside a [FakeContainer], on a thread of its own.
@FunctionalInterface
public interface FakeCommand {
  /// Returns the exit code. An [java.io.IOException] of its streams ends it with 141, as SIGPIPE
  /// would; it is interrupted when it is killed.
  int run(Session session) throws Exception;

  /// One run of the command.
  interface Session {
    List<String> command();

    ExecOptions options();

    InputStream stdin();

    OutputStream stdout();

    OutputStream stderr();

    /// The size of its terminal now.
    ExecOptions.Pty size();
  }
}
