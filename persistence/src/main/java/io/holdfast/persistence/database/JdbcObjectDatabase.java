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

/// The plain engine: a SQLite in memory behind JDBC, whose whole image is copied out after each
/// commit.
///
/// It costs memory twice, the image here and the database in SQLite while it is open, and a commit
/// costs one copy of the database: fine up to some megabytes.
public final class JdbcObjectDatabase implements ObjectDatabase {
  private final DatabaseLimits limits;
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

  public JdbcObjectDatabase(DatabaseImage image, DatabaseLimits limits) {
    this.image = image;
    this.limits = limits;
  }

  @Override
  public Optional<byte[]> get(String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.pairs.get(key));
  }

  @Override
  public void put(String key, byte[] value) {
    write(open -> open.pairs.put(key, value));
  }

  @Override
  public boolean delete(String key) {
    boolean existed = get(key).isPresent();
    if (existed) {
      write(open -> open.pairs.delete(key));
    }
    return existed;
  }

  @Override
  public SequencedMap<String, byte[]> list(KeyRange range) {
    ResultBudget budget = new ResultBudget(limits.resultBytesMax());
    return isUntouched()
        ? Collections.emptySortedMap()
        : read(open -> open.pairs.list(range, budget)).orElseThrow();
  }

  @Override
  public SqlCursor execute(SqlScript script, @Nullable Object... bindings) {
    @Nullable Object[] stored = SqlBindings.of(bindings);
    SqliteHandle open = usable();
    open.deadlineIn(limits.queryTimeout().toNanos());
    try {
      int last = script.statements().size() - 1;
      for (SqlStatement statement : script.statements().subList(0, last)) {
        prepareFor(statement);
        queries().runFirst(statement);
        remember(statement);
      }
      SqlStatement statement = script.statements().get(last);
      prepareFor(statement);
      SqlCursor cursor = queries().run(statement, stored);
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
  }

  @Override
  public long sizeBytes() {
    checkUsable();
    return writing ? usable().number("PRAGMA page_count") * image.pageSize() : image.bytes().length;
  }

  @Override
  public void deleteAll() {
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
  public Optional<StoredAlarm> alarm() {
    checkUsable();
    return rows.alarm(this::metadata);
  }

  @Override
  public void alarm(Optional<StoredAlarm> alarm) {
    if (!alarm().equals(alarm)) {
      write(open -> rows.write(alarm, open));
    }
  }

  @Override
  public OptionalLong wake() {
    checkUsable();
    return rows.wake(key -> row(RuntimeTable.OUTBOX, key));
  }

  @Override
  public void wake(OptionalLong atMillis) {
    if (!wake().equals(atMillis)) {
      write(open -> rows.writeWake(atMillis, open.table(RuntimeTable.OUTBOX)));
    }
  }

  @Override
  public Optional<byte[]> row(RuntimeTable table, String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.table(table).get(key));
  }

  @Override
  public void putRow(RuntimeTable table, String key, byte[] value) {
    write(open -> open.table(table).put(key, value));
  }

  @Override
  public void deleteRow(RuntimeTable table, String key) {
    if (row(table, key).isPresent()) {
      write(open -> open.table(table).delete(key));
    }
  }

  @Override
  public SequencedMap<String, byte[]> rows(RuntimeTable table, KeyRange range) {
    ResultBudget budget = new ResultBudget(limits.resultBytesMax());
    return isUntouched()
        ? Collections.emptySortedMap()
        : read(open -> open.table(table).list(range, budget)).orElseThrow();
  }

  @Override
  public Optional<byte[]> metadata(String key) {
    return isUntouched() ? Optional.empty() : read(open -> open.metadata.get(key));
  }

  @Override
  public void metadata(String key, byte[] value) {
    write(open -> open.metadata.put(key, value));
  }

  @Override
  public void stamp(String key, byte[] value) {
    rows.stamp(key, value);
  }

  @Override
  public Savepoint savepoint() {
    checkUsable();
    return savepoints.push();
  }

  @Override
  public void release(Savepoint savepoint) {
    checkUsable();
    savepoints.release(savepoint, this::run);
  }

  @Override
  public void rollbackTo(Savepoint savepoint) {
    if (failure == null) {
      savepoints.rollbackTo(savepoint, this::run);
      forget();
    }
  }

  @Override
  public Optional<Commit> commit() {
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
    DatabaseImage after = committed(open, before);
    writing = false;
    boolean emptied = after.isEmpty();
    wiped = false;
    if (emptied) {
      closeHandle();
    }
    if (Arrays.equals(before.bytes(), after.bytes())) {
      return Optional.empty();
    }
    image = after;
    return Optional.of(new Commit(before, after, 1, due));
  }

  /// The earlier of the alarm and the wake.
  private OptionalLong due() {
    OptionalLong wake = wake();
    long earlier =
        Math.min(
            alarm().map(StoredAlarm::timeMillis).orElse(Long.MAX_VALUE),
            wake.orElse(Long.MAX_VALUE));
    return earlier == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(earlier);
  }

  private DatabaseImage committed(SqliteHandle open, DatabaseImage before) {
    try {
      open.commit();
      boolean empty = (wiped || before.isEmpty()) && open.isBlank();
      return empty ? DatabaseImage.EMPTY : new DatabaseImage(open.serialize(), before.pageSize());
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
  public void rollback() {
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
  public boolean hasUncommitted() {
    return writing;
  }

  @Override
  public DatabaseImage image() {
    return image;
  }

  @Override
  public void hibernate() {
    if (writing || !savepoints.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected no uncommitted writes at a hibernation, found some");
    }
    closeHandle();
  }

  @Override
  public boolean isOpen() {
    return handle != null;
  }

  @Override
  public void close() {
    closed = true;
    closeHandle();
  }

  private void closeHandle() {
    SqliteHandle open = handle;
    handle = null;
    queries = null;
    if (open != null) {
      open.close();
    }
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
    if (open == null) {
      open = SqliteHandle.open(image, limits);
      handle = open;
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
    if (handle != null) {
      handle.pairs.forget();
      handle.metadata.forget();
      handle.forgetTables();
    }
  }
}
