package io.holdfast.persistence.embedded;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that read from the tables, as many as stated; further reads wait in order.
///
/// Platform threads on purpose: a virtual thread that reads through JNI holds its carrier while the
/// disk works, and as many of those as there are processors would stop all virtual threads of the
/// node, the users' code among them.
final class Readers implements AutoCloseable {
  private static final int IDLE_SECONDS = 10;

  private final TableGate gate;
  private final ThreadPoolExecutor threads;

  Readers(TableGate gate, int threadsMax) {
    this.gate = gate;
    this.threads =
        new ThreadPoolExecutor(
            threadsMax,
            threadsMax,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("holdfast-journal-reader-", 1).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /// Reads as soon as a thread is free.
  <T> void read(TableGate.Read<T> read, CompletableFuture<T> result) {
    try {
      threads.execute(() -> complete(read, result));
    } catch (RejectedExecutionException _) {
      result.completeExceptionally(TableGate.closed());
    }
  }

  private <T> void complete(TableGate.Read<T> read, CompletableFuture<T> result) {
    try {
      result.complete(gate.read(read));
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(e);
    }
  }

  /// Lets what waits come to its turn and takes no more.
  @Override
  public void close() {
    threads.shutdown();
  }
}
