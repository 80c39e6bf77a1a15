package io.holdfast.sdk;

import java.util.List;
import java.util.Optional;

/// What other code may ask of a [Container] object through its stub:
/// `stub.as(ContainerControl.class).start()`.
public interface ContainerControl {
  /// Starts the container unless it runs, and waits until its process runs, not until it is ready.
  void start();

  /// Starts the container unless it runs, and waits until its ports answer.
  void startAndWaitForPorts();

  /// As [#start()], with these options and where they are empty those of the class.
  void start(StartOptions options);

  /// As [#startAndWaitForPorts()], with these options and ports.
  void startAndWaitForPorts(StartOptions options, List<Integer> ports);

  /// Sends a signal, 1 to 64.
  ///
  /// @throws HoldfastException `invalid_argument`; `wrong_state` when it is not running
  void signal(int number);

  /// What it was made of; empty when it is not running.
  Optional<ContainerInspection> inspect();

  /// Lets what is in flight end, then SIGTERM, grace, SIGKILL; returns when the container has
  /// ended.
  void stop();

  /// SIGKILL; returns when the container is gone.
  void destroy();

  /// The state as the engine has it.
  ContainerState state();
}
