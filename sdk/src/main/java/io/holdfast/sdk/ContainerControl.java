package io.holdfast.sdk;

/// What other code may ask of a [Container] object through its stub:
/// `stub.as(ContainerControl.class).start()`.
public interface ContainerControl {
  /// Starts the container unless it runs, and waits until its process runs, not until it is ready.
  void start();

  /// Starts the container unless it runs, and waits until its ports answer.
  void startAndWaitForPorts();

  /// Lets what is in flight end, then SIGTERM, grace, SIGKILL; returns when the container has
  /// ended.
  void stop();

  /// SIGKILL; returns when the container is gone.
  void destroy();

  /// The state as the engine has it.
  ContainerState state();
}
