package io.holdfast.sdk;

import java.io.InputStream;
import java.io.OutputStream;

/// A command that runs in a container, see [ContainerHandle#exec].
///
/// Its streams have back-pressure: a command that writes what nobody reads waits, and so does who
/// writes what the command does not read. Stdout and stderr come over one connection: read both, or
/// ignore or combine one. It ends with its container at the latest.
///
/// Thread rule: as its [ContainerHandle]. While a method waits, other events may enter.
public interface ContainerProcess {
  /// What the command reads; close it to tell that there is no more.
  ///
  /// @throws HoldfastException `wrong_state` without [ExecOptions.Input#PIPE]
  OutputStream stdin();

  /// What the command writes; ends when it has closed it or ended. Empty when it is ignored.
  InputStream stdout();

  /// Likewise; empty when it is ignored or combined.
  InputStream stderr();

  /// The number of the process inside the container; 0 when the node cannot know it, because the
  /// engine is on another machine or shows no processes to the node's user.
  long pid();

  boolean isPty();

  /// Waits until the command has ended, however long that takes; 128 + n when signal n ended it,
  /// 137 when its container ended first.
  int exitCode();

  /// Reads both outputs to their end and waits for the exit code; once.
  ///
  /// @throws HoldfastException `wrong_state` the second time, `body_too_large` when one output is
  ///   over 32 MiB
  ExecOutput output();

  /// SIGTERM.
  default void kill() {
    kill(15);
  }

  /// Sends a signal to the command alone; does nothing when it has ended. It is sent by the node,
  /// past the container, so the image needs no tools for it; but the node must run on the engine's
  /// host and be allowed to signal its processes.
  ///
  /// @throws HoldfastException `invalid_argument` "Invalid signal number."; `wrong_state` when the
  ///   node may not do that: then only the end of the container ends the command
  void kill(int signal);

  /// Changes the size of its terminal.
  ///
  /// @throws HoldfastException `wrong_state` without a terminal
  void resize(int cols, int rows);
}
