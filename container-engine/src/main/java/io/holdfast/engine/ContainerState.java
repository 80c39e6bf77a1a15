package io.holdfast.engine;

import java.net.InetAddress;
import java.time.Instant;

/// What a container is doing, asked from the engine just now.
public sealed interface ContainerState {
  /// Made, never started.
  record Created() implements ContainerState {}

  /// @param pid of its first process on the host, 0 when the engine does not tell
  record Running(InetAddress address, Instant startedAt, long pid) implements ContainerState {}

  /// Frozen; its address answers no one until it is resumed.
  record Paused(InetAddress address, Instant startedAt, long pid) implements ContainerState {}

  /// Ended by itself or by a signal, and not yet removed.
  record Exited(int code, OutOfMemory outOfMemory, Instant finishedAt) implements ContainerState {
    public ExitReason reason() {
      return switch (outOfMemory) {
        case YES -> new ExitReason.OutOfMemory(code);
        case NO -> new ExitReason.Exited(code);
      };
    }
  }

  /// No container of that id.
  record Gone() implements ContainerState {}

  /// Whether the kernel killed a process because the memory limit was reached.
  enum OutOfMemory {
    YES,
    NO
  }
}
