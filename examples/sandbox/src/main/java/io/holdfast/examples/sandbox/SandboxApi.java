package io.holdfast.examples.sandbox;

import java.util.List;
import java.util.Optional;

/// What others may ask of a sandbox:
/// `env.objects("sandboxes").getByName("a").as(SandboxApi.class)`.
public interface SandboxApi {
  /// Runs a shell script in the container, which is started when it does not run.
  ///
  /// The script has 10 s; what it printed comes back up to 64 KiB.
  RunResult run(String script);

  /// The latest runs, newest first. Does not start the container.
  List<Run> history();

  /// The working folder as a tar.gz: from the container when it runs, else as saved when it went to
  /// sleep.
  StateCopy folder();

  /// How the sandbox is. Does not start the container.
  Status status();

  /// The end of a run.
  ///
  /// @param number 1 for the first run of this sandbox
  /// @param life in which life of the container it ran, from 1
  /// @param exitCode of the script; 137 when its time was up
  record RunResult(long number, int life, int exitCode, String output) {}

  /// A run in the history.
  ///
  /// @param exitCode empty when the run did not come to its end, as when the node was killed under
  ///   it
  /// @param output its first 1,024 characters
  record Run(
      long number, int life, String at, String script, Optional<Integer> exitCode, String output) {}

  /// A copy of the working folder.
  ///
  /// @param from `container` or `storage`
  record StateCopy(String from, byte[] tarGz) {}

  /// @param container such as `healthy` or `stopped`
  /// @param lives how often the container was started
  /// @param savedBytes the size of the saved state, 0 before it was ever saved
  /// @param saveProblem why the latest save failed, if it did
  record Status(
      String id,
      String container,
      int lives,
      long runs,
      long savedBytes,
      Optional<String> saveProblem) {}
}
