package io.holdfast.sdk;

/// How a container ended.
///
/// @param exitCode 0 to 255
public record ContainerExit(int exitCode, Reason reason) {
  public enum Reason {
    /// Its process ended by itself.
    EXIT,
    /// The runtime stopped or destroyed it.
    RUNTIME_SIGNAL,
    /// The kernel killed it: out of memory.
    OUT_OF_MEMORY
  }
}
