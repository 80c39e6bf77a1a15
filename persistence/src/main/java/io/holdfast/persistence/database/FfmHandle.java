package io.holdfast.persistence.database;

import io.holdfast.sdk.HoldfastException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;

/// A connection of SQLite's C interface to a [PageFile].
final class FfmHandle extends SqliteHandle {
  /// READWRITE, CREATE, NOMUTEX, PRIVATECACHE.
  private static final int OPEN_FLAGS = 0x2 | 0x4 | 0x8000 | 0x40000;

  /// SQLite's own small allocator per connection: by default 48 KB, of which an object that is idle
  /// or does little needs next to nothing.
  private static final int LOOKASIDE_SLOT_BYTES = 256;

  private static final int LOOKASIDE_SLOTS = 32;

  private static final long VFS_NAME = Arena.global().allocateFrom(PageVfs.NAME).address();
  private static final long WATCH =
      PageVfs.stub(FfmHandle.class, "look", ValueLayout.JAVA_INT, "P");

  private final PageFile file;
  private final long id;
  private final long connection;
  private final Set<FfmStatement> statements = new HashSet<>();
  private boolean watched;
  private boolean closed;

  private FfmHandle(PageFile file, long id, long connection) {
    this.file = file;
    this.id = id;
    this.connection = connection;
  }

  static FfmHandle open(DatabaseImage image, DatabaseLimits limits) {
    check(image);
    PageFile file = new PageFile(image);
    long id = PageFiles.add(file);
    long connection = 0;
    try {
      connection = connect(id);
      configure(connection, image.pageSize(), limits);
      return new FfmHandle(file, id, connection);
    } catch (Throwable e) {
      SqliteApi.close(connection);
      PageFiles.remove(id);
      throw e;
    }
  }

  private static long connect(long id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment name = arena.allocateFrom(Long.toString(id));
      int code = SqliteApi.open(name.address(), out.address(), OPEN_FLAGS, VFS_NAME);
      long connection = out.get(ValueLayout.JAVA_LONG, 0);
      if (code != SqliteApi.OK) {
        HoldfastException error = SqliteErrors.of(code, SqliteApi.errorMessage(connection));
        SqliteApi.close(connection);
        throw error;
      }
      return connection;
    }
  }

  private static void configure(long connection, int pageSize, DatabaseLimits limits) {
    SqliteApi.lookaside(connection, LOOKASIDE_SLOT_BYTES, LOOKASIDE_SLOTS);
    int code = SqliteApi.execute(connection, settings(pageSize, limits));
    if (code != SqliteApi.OK) {
      throw SqliteErrors.of(code, SqliteApi.errorMessage(connection));
    }
    for (SqliteLimit limit : SqliteLimit.ALL) {
      SqliteApi.limit(connection, limit.id(), limit.value());
    }
  }

  @Override
  FfmStatement statement(String sql) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      int code = SqliteApi.prepare(connection, sql, out.address());
      if (code != SqliteApi.OK) {
        throw error(code);
      }
      FfmStatement statement = new FfmStatement(this, out.get(ValueLayout.JAVA_LONG, 0));
      statements.add(statement);
      return statement;
    }
  }

  void forget(FfmStatement statement) {
    statements.remove(statement);
  }

  /// What SQLite says of its last error, with what our side of it threw.
  HoldfastException error(int code) {
    HoldfastException error = SqliteErrors.of(code, SqliteApi.errorMessage(connection));
    Throwable cause = file.takeFailure();
    return cause == null
        ? error
        : new HoldfastException(error.code(), error.getMessage() + " (" + cause + ')', cause);
  }

  @Override
  boolean inTransaction() {
    return !SqliteApi.inAutoCommit(connection);
  }

  @Override
  Capture capture(DatabaseImage before) {
    return file.capture();
  }

  @Override
  void deadlineIn(long nanos) {
    if (!watched) {
      watched = true;
      SqliteApi.progressHandler(connection, STEPS_PER_LOOK, WATCH, id);
    }
    file.deadline(System.nanoTime() + nanos);
  }

  @Override
  void withoutDeadline() {
    file.withoutDeadline();
  }

  /// Called by SQLite while it computes; other than 0 stops it.
  private static int look(long id) {
    try {
      return PageFiles.get(id).isLate() ? 1 : 0;
    } catch (Throwable e) {
      return 1;
    }
  }

  /// For tests: while the task runs, SQLite's file is gone and whatever it asks of it throws.
  void withoutFile(Runnable task) {
    PageFiles.remove(id);
    try {
      task.run();
    } finally {
      PageFiles.put(id, file);
    }
  }

  @Override
  long totalChanges() {
    return SqliteApi.totalChanges(connection);
  }

  @Override
  long changes() {
    return SqliteApi.changes(connection);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      // A copy: each takes itself off.
      Set.copyOf(statements).forEach(FfmStatement::close);
      SqliteApi.close(connection);
      PageFiles.remove(id);
    }
  }
}
