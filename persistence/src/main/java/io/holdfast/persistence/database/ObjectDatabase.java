package io.holdfast.persistence.database;

import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.SqlCursor;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The SQLite database of one object: key-value pairs, SQL, alarm and the runtime's metadata, all
/// under one transaction.
///
/// The first write opens a transaction, [#commit] or [#rollback] ends it; nothing is durable here,
/// a [Commit] is what the journal has to keep. Reads see the writes of the open transaction. The
/// database opens at its first real use; between uses it may be closed with [#hibernate].
///
/// A write that SQLite answers by undoing the whole transaction (the database is full, a statement
/// ran out of time) leaves the database *failed*: every call but [#rollback] and [#close] throws,
/// so that half of an event's writes are never committed. The caller resets the object.
///
/// Thread rule: not thread-safe; one thread after the other may use it. Calls block that thread for
/// as long as SQLite computes, never for a disk or a network.
public interface ObjectDatabase extends AutoCloseable {
  /// The value stored under a key of the key-value side.
  Optional<byte[]> get(String key);

  void put(String key, byte[] value);

  /// Removes a key; true when it existed.
  boolean delete(String key);

  /// The pairs in a range, in the order the range asks for.
  ///
  /// @throws HoldfastException `sql_error` when they are over [DatabaseLimits#resultBytesMax()]
  SequencedMap<String, byte[]> list(KeyRange range);

  /// Runs one or several SQL statements of the app; see [io.holdfast.sdk.SqlStorage#exec].
  SqlCursor execute(SqlScript script, @Nullable Object... bindings);

  /// Bytes of the database, in whole pages; 0 while nothing was ever stored.
  long sizeBytes();

  /// Removes pairs, tables, views, the alarm and metadata; what [RuntimeTable]s hold stays, and
  /// with it [#wake]. Part of the open transaction. A database that is left empty commits as
  /// [DatabaseImage#EMPTY].
  void deleteAll();

  Optional<StoredAlarm> alarm();

  void alarm(Optional<StoredAlarm> alarm);

  /// When the object is to be woken for what the runtime has to do, beside its alarm, in epoch
  /// milliseconds. What a [Commit] says is due is the earliest of all.
  OptionalLong wake(Wake why);

  void wake(Wake why, OptionalLong atMillis);

  /// The earliest of the alarm and the wakes.
  OptionalLong due();

  /// The row of a table of the runtime's own.
  Optional<byte[]> row(RuntimeTable table, String key);

  void putRow(RuntimeTable table, String key, byte[] value);

  /// Does nothing when there is none.
  void deleteRow(RuntimeTable table, String key);

  /// The rows in a range, in the order the range asks for; like [#list].
  SequencedMap<String, byte[]> rows(RuntimeTable table, KeyRange range);

  /// Shows each row whose printable key begins so, in order of their keys, reading a few at a time;
  /// the visitor may delete the row that it is shown.
  default void visitRows(RuntimeTable table, String prefix, BiConsumer<String, byte[]> visitor) {
    int atOnce = 16; // One may have 1 MiB.
    String from = prefix;
    Optional<String> end = prefix.isEmpty() ? Optional.empty() : Optional.of(prefix + '\u007f');
    SequencedMap<String, byte[]> rows;
    do {
      rows = rows(table, new KeyRange(from, end, KeyRange.Order.ASCENDING, OptionalInt.of(atOnce)));
      for (Map.Entry<String, byte[]> row : rows.entrySet()) {
        visitor.accept(row.getKey(), row.getValue());
        from = row.getKey() + '\u0001'; // Above it, below all other printable ones.
      }
    } while (rows.size() == atOnce);
  }

  /// What the runtime keeps with the object, out of reach for the app.
  Optional<byte[]> metadata(String key);

  void metadata(String key, byte[] value);

  /// Metadata that rides along with the first write, also with the first after [#deleteAll] or
  /// [#rollback]: an object that never writes stores nothing. Holds until the database is closed.
  void stamp(String key, byte[] value);

  /// Marks a point to which [#rollbackTo] can return. Savepoints nest.
  Savepoint savepoint();

  /// Forgets the savepoint, and keeps what was written since.
  ///
  /// @throws HoldfastException `wrong_state` when it is not the innermost one
  void release(Savepoint savepoint);

  /// Undoes what was written since the savepoint, which stays. Does nothing when [#rollback] has
  /// already dropped it.
  void rollbackTo(Savepoint savepoint);

  /// Ends the transaction; empty when nothing changed.
  ///
  /// @throws HoldfastException `object_failed` when a deferred constraint is violated,
  ///   `storage_failed` when the database is failed; then all is as after [#rollback]
  Optional<Commit> commit();

  /// Throws away what was written since the last [#commit].
  void rollback();

  /// Whether there are writes that are not committed.
  boolean hasUncommitted();

  /// The pages after the last commit.
  DatabaseImage image();

  /// Closes the SQLite handle and keeps the image; the next call opens it again. Does nothing when
  /// it is closed.
  ///
  /// @throws HoldfastException `wrong_state` while there are uncommitted writes or savepoints
  void hibernate();

  /// Whether a SQLite handle is held.
  boolean isOpen();

  /// Gives back everything; uncommitted writes are lost. Safe to repeat.
  @Override
  void close();

  /// A point inside a transaction; only its identity counts.
  final class Savepoint {
    Savepoint() {}
  }
}
