package io.holdfast.persistence.database;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// A table from text to bytes that the app's SQL cannot touch. Made by its first write.
final class HiddenTable {
  private enum Presence {
    UNKNOWN,
    ABSENT,
    PRESENT
  }

  private final SqliteHandle handle;
  private final String name;
  private final String select;
  private final String upsert;
  private Presence presence = Presence.UNKNOWN;
  private @Nullable SqliteStatement get;
  private @Nullable SqliteStatement put;
  private @Nullable SqliteStatement delete;

  HiddenTable(SqliteHandle handle, String name) {
    this.handle = handle;
    this.name = name;
    this.select = "SELECT value FROM " + name + " WHERE key = ?";
    this.upsert =
        "INSERT INTO "
            + name
            + "(key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
  }

  byte @Nullable [] get(String key) {
    if (!isPresent()) {
      return null;
    }
    get = handle.ready(get, select);
    byte[] value = get.start(key) ? get.blob(0) : null;
    get.reset();
    return value;
  }

  void put(String key, byte[] value) {
    if (!isPresent()) {
      create();
    }
    put = handle.ready(put, upsert);
    put.runOnce(key, value);
  }

  void delete(String key) {
    if (isPresent()) {
      delete = handle.ready(delete, "DELETE FROM " + name + " WHERE key = ?");
      delete.runOnce(key);
    }
  }

  SequencedMap<String, byte[]> list(KeyRange range, ResultBudget budget) {
    SequencedMap<String, byte[]> pairs = new LinkedHashMap<>();
    if (isPresent()) {
      try (SqliteStatement statement = handle.statement(query(range))) {
        boolean row = statement.start(bindings(range));
        while (row) {
          String key = statement.text(0);
          byte[] value = statement.blob(1);
          budget.use(ResultBudget.ROW_BYTES + 2L * key.length() + value.length);
          pairs.put(key, value);
          row = statement.next();
        }
      }
    }
    return pairs;
  }

  private String query(KeyRange range) {
    return "SELECT key, value FROM "
        + name
        + " WHERE key >= ?2"
        + (range.end().isPresent() ? " AND key < ?3" : "")
        + switch (range.order()) {
          case ASCENDING -> " ORDER BY key ASC";
          case DESCENDING -> " ORDER BY key DESC";
        }
        + " LIMIT ?1";
  }

  private static Object[] bindings(KeyRange range) {
    int limit = range.limit().orElse(-1);
    return range.end().isPresent()
        ? new Object[] {limit, range.start(), range.end().get()}
        : new Object[] {limit, range.start()};
  }

  /// Forgets whether the table exists: a rollback or a wipe may have removed it.
  void forget() {
    presence = Presence.UNKNOWN;
  }

  private boolean isPresent() {
    if (presence == Presence.UNKNOWN) {
      String sql = "SELECT count(*) FROM sqlite_schema WHERE name = '" + name + "'";
      presence = handle.number(sql) == 0 ? Presence.ABSENT : Presence.PRESENT;
    }
    return presence == Presence.PRESENT;
  }

  private void create() {
    handle.run("CREATE TABLE " + name + " (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID");
    presence = Presence.PRESENT;
  }
}
