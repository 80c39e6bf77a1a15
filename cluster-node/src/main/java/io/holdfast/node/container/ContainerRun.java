package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExitReason;
import io.holdfast.sdk.ContainerExit;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// One run of a container, from the order to start it until its end.
final class ContainerRun {
  /// What the engine started.
  ///
  /// @param address where it is reached; empty when it had ended again before that was known
  record Place(ContainerId id, Optional<InetAddress> address) {}

  /** Completes when the engine has started it. */
  final CompletableFuture<Place> launched = new CompletableFuture<>();

  /** Completes with its end, or with the reason why it never ran. */
  final CompletableFuture<ContainerExit> ended = new CompletableFuture<>();

  /** The end as the engine tells it; ends readiness probes. */
  final CompletableFuture<ExitReason> exited = new CompletableFuture<>();

  /** Whether it was ready when last asked. */
  volatile boolean ready;
}
