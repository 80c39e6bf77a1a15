package io.holdfast.engine;

/// How a container ended.
public sealed interface ExitReason {
  /// The process ended with this code; 128 + n when signal n ended it, so 137 for a SIGKILL from
  /// whomever.
  record Exited(int code) implements ExitReason {}

  /// The kernel killed a process of it at its memory limit, as far as the engine noticed: Docker
  /// learns of that beside the exit and can miss it; then it is [Exited] with code 137.
  record OutOfMemory(int code) implements ExitReason {}

  /// It was removed; how its process ended is not known.
  record Destroyed() implements ExitReason {}

  /// Such as `exit code 3`, for messages.
  default String text() {
    return switch (this) {
      case Exited(int code) -> "exit code " + code;
      case OutOfMemory(int code) -> "out of memory, exit code " + code;
      case Destroyed() -> "destroyed";
    };
  }
}
