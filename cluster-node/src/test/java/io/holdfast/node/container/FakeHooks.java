package io.holdfast.node.container;

import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerExit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/// An object as a supervisor sees it: writes down what it is told, and reacts as the test says.
final class FakeHooks implements ContainerOwnerHooks {
  final List<ContainerExit> ends = new CopyOnWriteArrayList<>();
  final List<KeptFiles> files = new CopyOnWriteArrayList<>();
  volatile Supplier<CompletableFuture<?>> onFilesKept = FakeHooks::done;
  final AtomicInteger idles = new AtomicInteger();
  final AtomicInteger founds = new AtomicInteger();
  volatile Function<ContainerExit, CompletableFuture<?>> onEnded = exit -> done();
  volatile Function<BooleanSupplier, CompletableFuture<?>> onIdle = still -> done();
  volatile Supplier<CompletableFuture<?>> onFound = FakeHooks::done;

  static CompletableFuture<?> done() {
    return CompletableFuture.completedFuture(true);
  }

  /// A reaction that runs on a thread of its own.
  static CompletableFuture<?> later(Runnable reaction) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            reaction.run();
            done.complete(true);
          } catch (Throwable e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  @Override
  public CompletableFuture<?> ended(ContainerExit exit) {
    ends.add(exit);
    return onEnded.apply(exit);
  }

  @Override
  public CompletableFuture<?> idle(BooleanSupplier still) {
    idles.incrementAndGet();
    return onIdle.apply(still);
  }

  @Override
  public CompletableFuture<?> filesKept(KeptFiles kept) {
    files.add(kept);
    return onFilesKept.get();
  }

  @Override
  public CompletableFuture<?> found() {
    founds.incrementAndGet();
    return onFound.get();
  }
}
