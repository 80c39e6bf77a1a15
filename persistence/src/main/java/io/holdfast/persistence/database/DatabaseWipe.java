package io.holdfast.persistence.database;

import java.util.ArrayList;
import java.util.List;

/// Drops all that a database holds, inside the open transaction.
final class DatabaseWipe {
  private DatabaseWipe() {}

  static void run(SqliteHandle handle) {
    handle.atomically(() -> {
      dropAll(handle);
      return handle;
    });
  }

  private static void dropAll(SqliteHandle handle) {
    // Until the commit, when no rows are left that could break a constraint.
    handle.run("PRAGMA defer_foreign_keys = ON");
    drop(handle, "TRIGGER", "type = 'trigger'");
    drop(handle, "VIEW", "type = 'view'");
    // Virtual tables first: they take their shadow tables along.
    drop(handle, "TABLE", "type = 'table' AND sql LIKE 'CREATE VIRTUAL %'");
    drop(
        handle,
        "TABLE",
        "type = 'table' AND name <> 'sqlite_sequence' AND name NOT IN (" + kept(handle) + ")");
    if (handle.number("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") > 0) {
      handle.run("DELETE FROM sqlite_sequence");
    }
    handle.run("PRAGMA defer_foreign_keys = OFF");
  }

  /// The tables of the runtime that have rows and are not the object's alone.
  private static String kept(SqliteHandle handle) {
    List<String> kept = new ArrayList<>();
    for (RuntimeTable table : RuntimeTable.values()) {
      if (table == RuntimeTable.SCHEDULES) {
        continue;
      }
      String name = table.tableName();
      String exists = "SELECT count(*) FROM sqlite_schema WHERE name = '" + name + "'";
      if (handle.number(exists) > 0
          && handle.number("SELECT EXISTS(SELECT 1 FROM " + name + ")") > 0) {
        kept.add("'" + name + "'");
      }
    }
    return String.join(", ", kept);
  }

  private static void drop(SqliteHandle handle, String kind, String condition) {
    for (String name : names(handle, "SELECT name FROM sqlite_schema WHERE " + condition)) {
      handle.run("DROP " + kind + " IF EXISTS main.\"" + name.replace("\"", "\"\"") + '"');
    }
  }

  private static List<String> names(SqliteHandle handle, String sql) {
    List<String> names = new ArrayList<>();
    try (SqliteStatement statement = handle.statement(sql)) {
      for (boolean row = statement.start(); row; row = statement.next()) {
        names.add(statement.text(0));
      }
    }
    return names;
  }
}
