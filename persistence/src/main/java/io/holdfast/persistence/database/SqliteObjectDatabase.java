package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.SqlCursor;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An object's database over one of the engines: the image of the last commit, and while it is in
/// use a handle on it.
final class SqliteObjectDatabase implements ObjectDatabase {
  private static final SqliteHandle.Capture EMPTIED =
      new SqliteHandle.Capture(DatabaseImage.EMPTY, new int[0]);

  private final DatabaseLimits limits;
  private final SqliteEngine engine;
  private final OpenHandles handles;
  private final Runnable hibernator;
  private final SavepointStack savepoints = new SavepointStack();
  private final RuntimeRows rows = new RuntimeRows();

  /// The settings the app made, by their names, for the next time the handle opens.
  private final Map<String, String> settings = new LinkedHashMap<>();

  private DatabaseImage image;
  private @Nullable SqliteHandle handle;
  private @Nullable SqlQueries queries;
  private @Nullable RuntimeException failure;
  private boolean writing;
  private boolean wiped;
  private boolean closed;

  /// Set by the database's thread, read and cleared by any: a lost update costs nothing.
  private boolean used;

  SqliteObjectDatabase(
      DatabaseImage image,
      DatabaseLimits limits,
      SqliteEngine engine,
      OpenHandles handles,
      Runnable hibernator) {
    this.image = image;
    this.limits = engine.limits(limits);
    this.engine = engine;
    this.handles = handles;
    this.hibernator = hibernator;
  }

  @Override
  public synchronized Optional<byte[]> get(String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.pairs.get(key));
  }

  @Override
  public synchronized void put(String key, byte[] value) {
    write(open -> open.pairs.put(key, value));
  }

  @Override
  public synchronized boolean delete(String key) {
    boolean existed = get(key).isPresent();
    if (existed) {
      write(open -> open.pairs.delete(key));
    }
    return existed;
  }

  @Override
  public synchronized SequencedMap<String, byte[]> list(KeyRange range) {
    ResultBudget budget = new ResultBudget(limits.resultBytesMax());
    return isUntouched()
        ? Collections.emptySortedMap()
        : read(open -> open.pairs.list(range, budget)).orElseThrow();
  }

  @Override
  public synchronized SqlCursor execute(SqlScript script, @Nullable Object... bindings) {
    @Nullable Object[] stored = SqlBindings.of(bindings);
    SqliteHandle open = usable();
    open.deadlineIn(limits.queryTimeout().toNanos());
    try {
      int last = script.statements().size() - 1;
      RowCounts counts = RowCounts.NONE;
      for (SqlStatement statement : script.statements().subList(0, last)) {
        prepareFor(statement);
        counts = counts.plus(queries().runFirst(statement));
        remember(statement);
      }
      SqlStatement statement = script.statements().get(last);
      prepareFor(statement);
      SqlCursor cursor = queries().run(statement, stored, counts);
      remember(statement);
      return cursor;
    } catch (RuntimeException e) {
      throw afterFailure(open, e);
    } finally {
      open.withoutDeadline();
    }
  }

  private void prepareFor(SqlStatement statement) {
    if (statement.writes()) {
      ShadowTables.check(writable(), statement);
    }
  }

  private void remember(SqlStatement statement) {
    if (statement.kind() == SqlStatement.Kind.SETTING) {
      settings.put(SqlPragmas.nameOf(statement), statement.text());
    }
    if (statement.kind() == SqlStatement.Kind.SCHEMA) {
      queries().forget();
    }
  }

  @Override
  public synchronized long sizeBytes() {
    checkUsable();
    return writing ? usable().number("PRAGMA page_count") * image.pageSize() : image.sizeBytes();
  }

  @Override
  public synchronized void deleteAll() {
    if (isUntouched()) {
      return;
    }
    write(DatabaseWipe::run);
    forget();
    wiped = true;
    if (hasRuntimeRows()) {
      // The object goes on to be known by its stamps.
      write(rows::writeStamps);
    }
  }

  private boolean hasRuntimeRows() {
    KeyRange first =
        new KeyRange("", Optional.empty(), KeyRange.Order.ASCENDING, OptionalInt.of(1));
    return Arrays.stream(RuntimeTable.values()).anyMatch(table -> !rows(table, first).isEmpty());
  }

  @Override
  public synchronized Optional<StoredAlarm> alarm() {
    checkUsable();
    return rows.alarm(this::metadata);
  }

  @Override
  public synchronized void alarm(Optional<StoredAlarm> alarm) {
    if (!alarm().equals(alarm)) {
      write(open -> rows.write(alarm, open));
    }
  }

  @Override
  public synchronized OptionalLong wake(Wake why) {
    checkUsable();
    return rows.wake(why, this::row);
  }

  @Override
  public synchronized void wake(Wake why, OptionalLong atMillis) {
    if (!wake(why).equals(atMillis)) {
      write(open -> rows.writeWake(why, atMillis, open.table(why.table())));
    }
  }

  @Override
  public synchronized Optional<byte[]> row(RuntimeTable table, String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.table(table).get(key));
  }

  @Override
  public synchronized void putRow(RuntimeTable table, String key, byte[] value) {
    write(open -> open.table(table).put(key, value));
  }

  @Override
  public synchronized void deleteRow(RuntimeTable table, String key) {
    if (row(table, key).isPresent()) {
      write(open -> open.table(table).delete(key));
    }
  }

  @Override
  public synchronized SequencedMap<String, byte[]> rows(RuntimeTable table, KeyRange range) {
    ResultBudget budget = new ResultBudget(limits.resultBytesMax());
    return isUntouched()
        ? Collections.emptySortedMap()
        : read(open -> open.table(table).list(range, budget)).orElseThrow();
  }

  @Override
  public synchronized Optional<byte[]> metadata(String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.metadata.get(key));
  }

  @Override
  public synchronized void metadata(String key, byte[] value) {
    write(open -> open.metadata.put(key, value));
  }

  @Override
  public synchronized void stamp(String key, byte[] value) {
    rows.stamp(key, value);
  }

  @Override
  public synchronized Savepoint savepoint() {
    checkUsable();
    return savepoints.push();
  }

  @Override
  public synchronized void release(Savepoint savepoint) {
    checkUsable();
    savepoints.release(savepoint, this::run);
  }

  @Override
  public synchronized void rollbackTo(Savepoint savepoint) {
    if (failure == null) {
      savepoints.rollbackTo(savepoint, this::run);
      forget();
    }
  }

  @Override
  public synchronized Optional<Commit> commit() {
    if (failure != null) {
      RuntimeException cause = failure;
      rollback();
      throw undone(cause);
    }
    if (!savepoints.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected no open transaction() at a commit, found one");
    }
    return writing ? commitWrites() : Optional.empty();
  }

  private Optional<Commit> commitWrites() {
    SqliteHandle open = usable();
    DatabaseImage before = image;
    OptionalLong due = due();
    SqliteHandle.Capture capture = committed(open, before);
    DatabaseImage after = capture.after();
    writing = false;
    wiped = false;
    if (after.isEmpty()) {
      closeHandle();
    }
    if (capture.changed().length == 0 && before.pageCount() == after.pageCount()) {
      return Optional.empty();
    }
    image = after;
    return Optional.of(new Commit(before, after, capture.changed(), 1, due));
  }

  @Override
  public synchronized OptionalLong due() {
    long earliest = alarm().map(StoredAlarm::timeMillis).orElse(Long.MAX_VALUE);
    for (Wake why : Wake.values()) {
      earliest = Math.min(earliest, wake(why).orElse(Long.MAX_VALUE));
    }
    return earliest == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(earliest);
  }

  private SqliteHandle.Capture committed(SqliteHandle open, DatabaseImage before) {
    try {
      open.commit();
      return (wiped || before.isEmpty()) && open.isBlank() ? EMPTIED : open.capture(before);
    } catch (HoldfastException e) {
      forgetWrites();
      throw notCommitted(e);
    } catch (Throwable e) {
      // Such as no heap for the image.
      forgetWrites();
      throw e;
    }
  }

  /// Goes back to the image; the handle may be ahead of it.
  private void forgetWrites() {
    rollback();
    closeHandle();
  }

  private static HoldfastException notCommitted(HoldfastException error) {
    return error.code() == ErrorCode.SQL_ERROR
        ? new HoldfastException(
            ErrorCode.OBJECT_FAILED,
            "Durable Object was reset and rolled back to its last known good state because the"
                + " application left the database in a state where constraints were violated: "
                + error.getMessage(),
            error)
        : error;
  }

  @Override
  public synchronized void rollback() {
    boolean undo = writing;
    boolean failed = failure != null;
    writing = false;
    failure = null;
    wiped = false;
    savepoints.clear();
    forget();
    if (failed) {
      closeHandle();
    } else if (undo && handle != null) {
      undo(handle);
    }
  }

  private void undo(SqliteHandle open) {
    try {
      open.run("ROLLBACK");
    } catch (HoldfastException _) {
      // SQLite has undone it by itself, or cannot: the image is right in both cases.
      closeHandle();
    }
  }

  @Override
  public synchronized boolean hasUncommitted() {
    return writing;
  }

  @Override
  public synchronized DatabaseImage image() {
    return image;
  }

  @Override
  public synchronized void hibernate() {
    if (writing || !savepoints.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected no uncommitted writes at a hibernation, found some");
    }
    closeHandle();
    image.pack();
  }

  @Override
  public synchronized boolean isOpen() {
    return handle != null;
  }

  @Override
  public synchronized void close() {
    closed = true;
    closeHandle();
  }

  private void closeHandle() {
    SqliteHandle open = handle;
    handle = null;
    queries = null;
    if (open != null) {
      open.close();
      handles.closed(this);
    }
  }

  /// Whether it was used since the last call.
  boolean takeUsed() {
    boolean was = used;
    used = false;
    return was;
  }

  void askToHibernate() {
    hibernator.run();
  }

  /// Whether there is nothing that could be found.
  private boolean isUntouched() {
    checkUsable();
    return handle == null && image.isEmpty();
  }

  private <T> Optional<T> read(Function<SqliteHandle, @Nullable T> query) {
    SqliteHandle open = usable();
    try {
      return Optional.ofNullable(query.apply(open));
    } catch (RuntimeException e) {
      throw afterFailure(open, e);
    }
  }

  private void run(String sql) {
    SqliteHandle open = usable();
    try {
      open.run(sql);
    } catch (RuntimeException e) {
      throw afterFailure(open, e);
    }
  }

  private void write(Consumer<SqliteHandle> change) {
    SqliteHandle open = usable();
    try {
      change.accept(writable());
    } catch (RuntimeException e) {
      throw afterFailure(open, e);
    }
  }

  /// The handle with a transaction open, all savepoints set and the stamps in place.
  private SqliteHandle writable() {
    SqliteHandle open = usable();
    if (!writing) {
      open.begin();
      writing = true;
    }
    savepoints.open(open);
    rows.writeStamps(open);
    return open;
  }

  private SqliteHandle usable() {
    checkUsable();
    SqliteHandle open = handle;
    used = true;
    if (open == null) {
      open = engine.open(image, limits);
      handle = open;
      handles.opened(this);
      settings.values().forEach(open::run);
    }
    return open;
  }

  private SqlQueries queries() {
    SqlQueries known = queries;
    if (known == null) {
      known = new SqlQueries(usable(), limits.resultBytesMax());
      queries = known;
    }
    return known;
  }

  private void checkUsable() {
    if (closed) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected an open database, found it closed");
    }
    if (failure != null) {
      throw undone(failure);
    }
  }

  private static HoldfastException undone(RuntimeException cause) {
    return new HoldfastException(
        ErrorCode.STORAGE_FAILED,
        "the writes since the last commit were undone, the object has to be reset: "
            + cause.getMessage(),
        cause);
  }

  /// The error, with the limit it is about; notes when SQLite undid the transaction because of it.
  private RuntimeException afterFailure(SqliteHandle open, RuntimeException error) {
    RuntimeException described =
        error instanceof HoldfastException known ? limits.described(known) : error;
    if (writing && failure == null && handle == open && !open.inTransaction()) {
      failure = described;
    }
    return described;
  }

  /// What is remembered of the content may no longer be so.
  private void forget() {
    rows.forget();
    if (queries != null) {
      queries.forget();
    }
    if (handle != null) {
      handle.pairs.forget();
      handle.metadata.forget();
      handle.forgetTables();
    }
  }
}
