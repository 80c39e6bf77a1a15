package io.holdfast.multijvm;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchType;
import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.ColumnDefinition;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/// Objects that nobody has made by calling them: copies, row by row in Cassandra, of one that
/// somebody has. That is some ten times as quick.
final class ObjectCopies {
  private static final int UNDERWAY_MAX = 256;

  /** Below what Cassandra warns of for a batch, 5 KiB. */
  private static final int LISTED_AT_ONCE = 30;

  private final CqlSession session;
  private final ObjectIds ids;
  private final NamespaceId namespace;
  private final List<Row> events;
  private final PreparedStatement insertEvent;
  private final PreparedStatement insertObject;
  private final Semaphore underway = new Semaphore(UNDERWAY_MAX);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /// @param original the name of the object that is copied; it has no snapshot and no alarm
  ObjectCopies(CqlSession session, String keyspace, NamespaceId namespace, String original) {
    this.session = session;
    this.namespace = namespace;
    this.ids = new ObjectIds(namespace);
    this.events =
        session
            .execute(
                "SELECT * FROM %s.messages WHERE persistence_id = ? AND partition_nr = 0"
                    .formatted(keyspace),
                persistenceId(original))
            .all();
    List<String> columns = new ArrayList<>();
    events
        .getFirst()
        .getColumnDefinitions()
        .forEach((ColumnDefinition column) -> columns.add(column.getName().asInternal()));
    this.insertEvent =
        session.prepare(
            "INSERT INTO %s.messages (%s) VALUES (%s)"
                .formatted(
                    keyspace,
                    String.join(", ", columns),
                    Collections.nCopies(columns.size(), "?").stream()
                        .collect(Collectors.joining(", "))));
    this.insertObject =
        session.prepare(
            "INSERT INTO %s.objects (namespace, bucket, id) VALUES (?, ?, ?)".formatted(keyspace));
  }

  private String persistenceId(String name) {
    return "object|" + new ObjectAddress(namespace, ids.named(name)).key();
  }

  /// Makes those from one number to another; returns when they are stored.
  void make(IntFunction<String> name, int from, int to) throws InterruptedException {
    Map<Integer, List<BatchableStatement<?>>> listed = new HashMap<>();
    for (int number = from; number < to; number++) {
      String made = name.apply(number);
      String hex = ids.named(made).hex();
      int bucket = Character.digit(hex.charAt(hex.length() - 1), 16);
      List<BatchableStatement<?>> inBucket = listed.computeIfAbsent(bucket, _ -> new ArrayList<>());
      inBucket.add(insertObject.bind(namespace.toString(), bucket, hex));
      if (inBucket.size() == LISTED_AT_ONCE) {
        writeTogether(inBucket);
        inBucket.clear();
      }
      String id = persistenceId(made);
      writeTogether(events.stream().map(event -> copy(event, id)).toList());
    }
    for (List<BatchableStatement<?>> rest : listed.values()) {
      writeTogether(rest);
    }
    underway.acquire(UNDERWAY_MAX);
    underway.release(UNDERWAY_MAX);
    if (failure.get() != null) {
      throw new IllegalStateException(failure.get());
    }
  }

  private BatchableStatement<?> copy(Row event, String persistenceId) {
    BoundStatementBuilder row = insertEvent.boundStatementBuilder();
    for (int column = 0; column < event.size(); column++) {
      row.setBytesUnsafe(column, event.getBytesUnsafe(column));
    }
    return row.setString("persistence_id", persistenceId).build();
  }

  /** Rows of one partition are one write. */
  private void writeTogether(List<? extends BatchableStatement<?>> rows)
      throws InterruptedException {
    if (!rows.isEmpty()) {
      write(BatchStatement.newInstance(BatchType.UNLOGGED, List.copyOf(rows)));
    }
  }

  private void write(Statement<?> statement) throws InterruptedException {
    underway.acquire();
    session
        .executeAsync(statement)
        .whenComplete((_, thrown) -> {
          failure.compareAndSet(null, thrown);
          underway.release();
        });
  }
}
