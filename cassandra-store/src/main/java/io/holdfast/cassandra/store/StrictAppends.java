package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// Stores an event only behind those that its writer has seen, each append by one lightweight
/// transaction: of two that go on behind the same number one is refused, whatever clocks and leases
/// say. Thread-safe; nothing blocks.
final class StrictAppends {
  /** As Pekko's plugin: `max-message-batch-size`. */
  private static final int AT_ONCE_MAX = 16;

  private final Cql cql;
  private final EventTable events;
  private final PreparedStatement advance;

  /// @param events of the same keyspace
  StrictAppends(Cql cql, EventTable events) {
    this.cql = cql;
    this.events = events;
    this.advance =
        cql.prepare(
            "UPDATE %s.messages SET last_nr = ? WHERE persistence_id = ? AND partition_nr = ? IF last_nr = ?");
  }

  /// Appends events of one object whose numbers follow one another. Those of one partition are
  /// there together or not at all, 16 at a time.
  ///
  /// @return fails with `object_reset` when another has appended since: nothing of those is stored
  ///   then that did not precede it; with `storage_failed` nobody knows
  CompletableFuture<Void> append(List<Event> all) {
    int count = 1;
    while (count < Math.min(all.size(), AT_ONCE_MAX)
        && partition(all.get(count)) == partition(all.getFirst())) {
      count++;
    }
    List<Event> rest = all.subList(count, all.size());
    CompletableFuture<Void> first = appendTogether(all.subList(0, count));
    return rest.isEmpty() ? first : first.thenCompose(_ -> append(rest));
  }

  private long partition(Event event) {
    return events.partition(event.sequenceNr());
  }

  private CompletableFuture<Void> appendTogether(List<Event> together) {
    Event first = together.getFirst();
    long before = first.sequenceNr() - 1;
    // The first of a partition is appended where nothing is yet.
    OptionalLong seen =
        before > 0 && events.partition(before) == partition(first)
            ? OptionalLong.of(before)
            : OptionalLong.empty();
    BatchStatementBuilder batch =
        BatchStatement.builder(DefaultBatchType.UNLOGGED)
            .addStatement(advanced(first, together.getLast().sequenceNr(), seen));
    together.forEach(event -> batch.addStatement(events.inserted(event)));
    return changed(batch.build())
        .thenCompose(result -> {
          if (result.wasApplied()) {
            return CompletableFuture.completedFuture(null);
          }
          OptionalLong found = lastNumber(result);
          if (seen.isEmpty() || found.orElse(0) > seen.getAsLong()) {
            return CompletableFuture.failedFuture(overtaken(first, found));
          }
          // What was stored without strict appends did not count the number up; its reader has seen
          // it. Whoever comes second finds that it is so, or more.
          return changed(advanced(first, seen.getAsLong(), found))
              .thenCompose(_ -> appendTogether(together));
        });
  }

  private BoundStatement advanced(Event event, long to, OptionalLong from) {
    BoundStatement statement = advance.bind(to, event.persistenceId(), partition(event), null);
    return from.isPresent() ? statement.setLong(3, from.getAsLong()) : statement;
  }

  private <S extends Statement<S>> CompletableFuture<AsyncResultSet> changed(S change) {
    return cql.executeAsync(Cql.localChange(change));
  }

  private static OptionalLong lastNumber(AsyncResultSet refused) {
    Row row = refused.one();
    return row == null || !row.getColumnDefinitions().contains("last_nr") || row.isNull("last_nr")
        ? OptionalLong.empty()
        : OptionalLong.of(row.getLong("last_nr"));
  }

  private static HoldfastException overtaken(Event event, OptionalLong found) {
    return new HoldfastException(
        ErrorCode.OBJECT_RESET,
        "another owner has stored events up to number %d; expected to store number %d"
            .formatted(found.orElse(0), event.sequenceNr()));
  }
}
