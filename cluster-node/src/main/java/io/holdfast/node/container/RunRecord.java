package io.holdfast.node.container;

import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the node's book says of one run. Thread-safe; nothing here waits.
///
/// A book that cannot be written takes nothing from the life of the node: what is then unknown
/// after its death is as before there was a book, so it is logged and no more.
final class RunRecord {
  private static final Logger log = LoggerFactory.getLogger(RunRecord.class);

  private final RunBook book;

  // Guarded by this.
  private @Nullable RunFact fact;
  private CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

  RunRecord(RunBook book) {
    this.book = book;
  }

  /// The run has begun.
  synchronized void begin(RunFact first) {
    keep(first);
  }

  /// The run began in an earlier life of the node, and this is in the book.
  synchronized void recovered(RunFact known) {
    fact = known;
  }

  /// What is known of the run has changed; has no effect before it has begun and after it was over.
  synchronized void change(UnaryOperator<RunFact> change) {
    if (fact != null && !change.apply(fact).equals(fact)) {
      keep(change.apply(fact));
    }
  }

  /** Called with the monitor held. */
  private void keep(RunFact next) {
    fact = next;
    written =
        book.write(next)
            .exceptionally(error -> {
              log.warn("{}: a fact could not be written: {}", next.owner(), error.getMessage());
              return null;
            });
  }

  /// The run is over and its object knows.
  ///
  /// @return completes when the book has forgotten it, or fails
  synchronized CompletableFuture<Void> erase() {
    RunFact last = fact;
    fact = null;
    return last == null ? CompletableFuture.completedFuture(null) : book.erase(last);
  }

  /// Completes, and never fails, when what was kept so far is durable or could not be written.
  synchronized CompletableFuture<Void> written() {
    return written;
  }
}
