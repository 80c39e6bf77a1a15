package io.holdfast.sdk;

/// A container ended with a code other than 0.
public final class ContainerExitException extends HoldfastException {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  public ContainerExitException(int exitCode) {
    super(
        ErrorCode.CONTAINER_NOT_RUNNING, "Container exited with unexpected exit code: " + exitCode);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
