package io.holdfast.node.container;

import io.holdfast.persistence.embedded.NodeTable;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// The runs of this node's containers that are not over: what outlives the node's life.
///
/// Thread-safe. Writes become durable in the order in which they were asked for.
public interface RunBook {
  /// Keeps a fact in the place of the one before of the same run; does not wait.
  ///
  /// @return completes when it is durable
  CompletableFuture<Void> write(RunFact fact);

  /// The run is over and its object knows; does not wait.
  ///
  /// @return completes when it is durable
  CompletableFuture<Void> erase(RunFact fact);

  /// All facts, those of one object in the order of their runs; waits for the disk.
  List<RunFact> all();

  /// Of a node whose next life has none of its containers.
  RunBook NONE =
      new RunBook() {
        @Override
        public CompletableFuture<Void> write(RunFact fact) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> erase(RunFact fact) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public List<RunFact> all() {
          return List.of();
        }
      };

  /// The book in the journal of a node.
  static RunBook in(NodeTable table) {
    return new RunBook() {
      @Override
      public CompletableFuture<Void> write(RunFact fact) {
        return table.put(fact.key(), fact.toRow());
      }

      @Override
      public CompletableFuture<Void> erase(RunFact fact) {
        return table.delete(fact.key());
      }

      @Override
      public List<RunFact> all() {
        return table.rows().stream().map(row -> RunFact.ofRow(row.value())).toList();
      }
    };
  }
}
