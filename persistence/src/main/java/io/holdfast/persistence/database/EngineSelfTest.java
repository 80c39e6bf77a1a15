package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs the same short history through an engine and through the plain one, and compares the
/// images.
final class EngineSelfTest {
  private static final List<String> SQL =
      List.of(
          "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
              + " INSERT INTO t(name, data) SELECT 'name ' || i, zeroblob(i * 20) FROM n",
          "DELETE FROM t WHERE id % 3 = 0",
          "UPDATE t SET name = upper(name), data = x'0102' WHERE id < 20");

  private EngineSelfTest() {}

  /// The engine, when it passed.
  ///
  /// @throws HoldfastException `internal` when it did not, or cannot be used here
  static SqliteEngine passed(SqliteEngine engine) {
    try {
      checkVersion(engine);
      compare(engine);
      return engine;
    } catch (HoldfastException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      // A LinkageError also when the class of the functions cannot be initialized.
      Throwable cause = e instanceof ExceptionInInitializerError ? e.getCause() : e;
      throw cause instanceof HoldfastException known ? known : failed(cause);
    }
  }

  private static HoldfastException failed(@Nullable Throwable cause) {
    return new HoldfastException(
        ErrorCode.INTERNAL, "the test of the database engine failed: " + cause, cause);
  }

  /// The first call: were the table not what it should be, this would tell.
  private static void checkVersion(SqliteEngine engine) {
    if (engine instanceof FfmEngine) {
      int version = SqliteApi.versionNumber();
      if (version < 3_040_000 || version >= 4_000_000) {
        throw new HoldfastException(
            ErrorCode.INTERNAL, "expected SQLite 3.40 or later, found " + version);
      }
    }
  }

  private static void compare(SqliteEngine engine) {
    OpenHandles handles = new OpenHandles(2);
    try (ObjectDatabase one = open(engine, handles);
        ObjectDatabase other = open(new JdbcEngine(), handles)) {
      for (String sql : SQL) {
        boolean same = step(sql, one).equals(step(sql, other));
        if (!same || !Arrays.equals(one.image().bytes(), other.image().bytes())) {
          throw new HoldfastException(
              ErrorCode.INTERNAL, "expected the same image of both engines after: " + sql);
        }
      }
    }
  }

  private static ObjectDatabase open(SqliteEngine engine, OpenHandles handles) {
    return new SqliteObjectDatabase(
        DatabaseImage.EMPTY, DatabaseLimits.DEFAULT, engine, handles, () -> {});
  }

  /// A commit, a rollback over it, and a look from a new handle.
  private static List<@Nullable Object> step(String sql, ObjectDatabase database) {
    database.put("key", sql.getBytes(StandardCharsets.UTF_8));
    database.execute(SqlScript.parse(sql));
    database.commit();
    database.execute(SqlScript.parse("DELETE FROM t"));
    database.rollback();
    database.hibernate();
    return database
        .execute(SqlScript.parse("SELECT id, name, hex(data) FROM t"))
        .raw()
        .flatMap(List::stream)
        .toList();
  }
}
