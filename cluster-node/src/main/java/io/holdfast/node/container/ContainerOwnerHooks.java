package io.holdfast.node.container;

import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerExit;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/// How a supervisor reaches its object, which may be out of memory. The futures complete when the
/// object's turn is over and durable.
public interface ContainerOwnerHooks {
  /// The container ended.
  CompletableFuture<?> ended(ContainerExit exit);

  /// Nothing was in flight for long enough; afterwards the container may or may not run on.
  ///
  /// @param still whether that still holds; to be asked in the object's turn, before its code runs
  CompletableFuture<?> idle(BooleanSupplier still);

  /// The files of a container were archived: the object has to commit that they are its own.
  CompletableFuture<?> filesKept(KeptFiles files);

  /// A container of an earlier life of the node runs: the object must say how long it may idle, and
  /// what it may reach.
  CompletableFuture<?> found();
}
