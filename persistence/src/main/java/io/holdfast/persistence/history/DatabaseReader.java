package io.holdfast.persistence.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.SqlRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads all of a database, some rows at a time.
final class DatabaseReader {
  /// Rows are up to 2 MiB.
  private static final int ROWS_PER_READ = 25;

  /// No column has this name.
  private static final String ROWID_COLUMN = "rowid of history";

  private static final List<String> ROWIDS = List.of("_rowid_", "rowid", "oid");

  private final ObjectDatabase database;
  private final ValueCodec codec;

  DatabaseReader(ObjectDatabase database, ValueCodec codec) {
    this.database = database;
    this.codec = codec;
  }

  record SchemaKey(String type, String name) implements Comparable<SchemaKey> {
    @Override
    public int compareTo(SchemaKey other) {
      int byType = type.compareTo(other.type);
      return byType == 0 ? name.compareTo(other.name) : byType;
    }
  }

  /// The statements that make the app's tables, indexes, views and triggers.
  Map<SchemaKey, String> schema() {
    Map<SchemaKey, String> schema = new TreeMap<>();
    query("SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema").stream()
        .filter(row -> isOfApp(row.string("name")))
        .forEach(row ->
            schema.put(new SchemaKey(row.string("type"), row.string("name")), row.string("sql")));
    return schema;
  }

  /// The names of the app's tables; not those of virtual tables, nor the tables behind these.
  List<String> tables() {
    return query("PRAGMA table_list").stream()
        .filter(row -> row.string("type").equals("table") && row.string("schema").equals("main"))
        .map(row -> row.string("name"))
        .filter(DatabaseReader::isOfApp)
        .toList();
  }

  private static boolean isOfApp(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.startsWith("_cf_") && !lower.startsWith("sqlite_");
  }

  StateDiff.RowSource pairs() {
    return visitor -> {
      String start = "";
      boolean more = true;
      while (more) {
        SequencedMap<String, byte[]> pairs =
            database.list(
                new KeyRange(
                    start,
                    Optional.empty(),
                    KeyRange.Order.ASCENDING,
                    OptionalInt.of(ROWS_PER_READ)));
        more = pairs.size() == ROWS_PER_READ;
        for (Map.Entry<String, byte[]> pair : pairs.entrySet()) {
          more &= visitor.row(pair(pair.getKey(), pair.getValue()));
          start = pair.getKey() + "\0";
        }
      }
    };
  }

  private StateDiff.Row pair(String key, byte[] value) {
    return new StateDiff.Row(one("key", key), one("value", decoded(value)));
  }

  /// As JSON, which every value of an app has.
  private Object decoded(byte[] value) {
    try {
      Object decoded = codec.fromCbor(value, Object.class);
      return switch (decoded) {
        case null -> value;
        case byte[] bytes -> bytes;
        case String text -> text;
        default -> new String(codec.write(decoded), UTF_8);
      };
    } catch (HoldfastException _) {
      return value;
    }
  }

  private static Map<String, @Nullable Object> one(String name, Object value) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put(name, value);
    return map;
  }

  /// The rows of a table; none when there is no such table.
  StateDiff.RowSource rows(String table) {
    List<SqlRow> columns = query("PRAGMA table_info(" + quoted(table) + ")");
    if (columns.isEmpty()) {
      return _ -> {};
    }
    List<String> primaryKey = primaryKey(columns);
    return hasRowid(table)
        ? byRowid(table, rowid(table, columns), primaryKey)
        : byPrimaryKey(table, primaryKey);
  }

  private boolean hasRowid(String table) {
    return query("PRAGMA table_list").stream()
        .filter(row -> row.string("name").equals(table) && row.string("schema").equals("main"))
        .allMatch(row -> row.integer("wr") == 0);
  }

  private static List<String> primaryKey(List<SqlRow> columns) {
    Map<Long, String> byPosition = new TreeMap<>();
    columns.stream()
        .filter(column -> column.integer("pk") > 0)
        .forEach(column -> byPosition.put(column.integer("pk"), column.string("name")));
    return List.copyOf(byPosition.values());
  }

  /// One of its names that is no column.
  private static String rowid(String table, List<SqlRow> columns) {
    List<String> names =
        columns.stream().map(column -> column.string("name").toLowerCase(Locale.ROOT)).toList();
    return ROWIDS.stream()
        .filter(name -> !names.contains(name))
        .findFirst()
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.SQL_ERROR, "table " + table + " hides its rowid behind columns"));
  }

  private StateDiff.RowSource byRowid(String table, String rowid, List<String> primaryKey) {
    String select =
        "SELECT "
            + rowid
            + " AS "
            + quoted(ROWID_COLUMN)
            + ", * FROM "
            + quoted(table)
            + " WHERE "
            + rowid;
    String order = " ORDER BY " + rowid + " LIMIT " + ROWS_PER_READ;
    SqlScript first = SqlScript.parse(select + " >= ?" + order);
    SqlScript next = SqlScript.parse(select + " > ?" + order);
    return visitor -> {
      List<SqlRow> rows = database.execute(first, Long.MIN_VALUE).toList();
      boolean more = true;
      while (more && !rows.isEmpty()) {
        for (SqlRow row : rows) {
          more &= visitor.row(rowOfRowid(row, primaryKey));
        }
        Object last = rows.getLast().value(0);
        rows = more ? database.execute(next, last).toList() : List.of();
      }
    };
  }

  private static StateDiff.Row rowOfRowid(SqlRow row, List<String> primaryKey) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>(row.toMap());
    values.remove(ROWID_COLUMN);
    boolean named =
        !primaryKey.isEmpty() && primaryKey.stream().allMatch(name -> values.get(name) != null);
    return new StateDiff.Row(
        named ? key(values, primaryKey) : one("rowid", row.integer(ROWID_COLUMN)), values);
  }

  private static Map<String, @Nullable Object> key(
      Map<String, @Nullable Object> values, List<String> primaryKey) {
    Map<String, @Nullable Object> key = new LinkedHashMap<>();
    primaryKey.forEach(name -> key.put(name, values.get(name)));
    return Collections.unmodifiableMap(key);
  }

  private StateDiff.RowSource byPrimaryKey(String table, List<String> primaryKey) {
    String key = primaryKey.stream().map(DatabaseReader::quoted).collect(Collectors.joining(", "));
    String marks = primaryKey.stream().map(_ -> "?").collect(Collectors.joining(", "));
    String select = "SELECT * FROM " + quoted(table);
    String order = " ORDER BY " + key + " LIMIT " + ROWS_PER_READ;
    SqlScript first = SqlScript.parse(select + order);
    SqlScript next = SqlScript.parse(select + " WHERE (" + key + ") > (" + marks + ")" + order);
    return visitor -> {
      List<SqlRow> rows = database.execute(first).toList();
      boolean more = true;
      while (more && !rows.isEmpty()) {
        for (SqlRow row : rows) {
          Map<String, @Nullable Object> values = row.toMap();
          more &= visitor.row(new StateDiff.Row(key(values, primaryKey), values));
        }
        SqlRow last = rows.getLast();
        @Nullable Object[] bindings = primaryKey.stream().map(last::value).toArray();
        rows = more ? database.execute(next, bindings).toList() : List.of();
      }
    };
  }

  private List<SqlRow> query(String sql) {
    return new ArrayList<>(database.execute(SqlScript.parse(sql)).toList());
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
