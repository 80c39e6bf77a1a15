package io.holdfast.persistence.history;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.ObjectDiff.RowDiff;
import io.holdfast.protocol.admin.ObjectDiff.SchemaDiff;
import io.holdfast.protocol.admin.ObjectDiff.TableDiff;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Compares two databases of one object: pairs, tables row by row, schema. Rows are matched by
/// their primary key, or by rowid where a table has none. Not thread-safe; use once.
public final class StateDiff {
  /// So many rows of one table are kept in memory, as a key and a checksum each.
  static final int ROWS_MAX = 200_000;

  /// Shown rows end when they take about so many characters; counting goes on.
  private static final int SHOWN_CHARS_MAX = 2 << 20;

  private final DatabaseReader before;
  private final DatabaseReader after;
  private final int rowsMax;
  private int rowsShown;
  private int charsShown;
  private boolean omitted;

  /// @param rowsMax how many rows are shown, of all tables together
  public StateDiff(ObjectDatabase before, ObjectDatabase after, ValueCodec codec, int rowsMax) {
    this.before = new DatabaseReader(before, codec);
    this.after = new DatabaseReader(after, codec);
    this.rowsMax = rowsMax;
  }

  /// Whether rows were counted and not shown. Known after [#tables()].
  public boolean rowsOmitted() {
    return omitted;
  }

  /// The tables that differ, the pairs first.
  public List<TableDiff> tables() {
    List<TableDiff> diffs = new ArrayList<>();
    add(diffs, "pairs", true, before.pairs(), after.pairs());
    Set<String> names = new TreeSet<>(before.tables());
    names.addAll(after.tables());
    for (String name : names) {
      try {
        add(diffs, name, false, before.rows(name), after.rows(name));
      } catch (HoldfastException e) {
        diffs.add(problem(name, e.getMessage()));
      }
    }
    return diffs;
  }

  /// What was made, dropped or changed in the schema.
  public List<SchemaDiff> schema() {
    Map<DatabaseReader.SchemaKey, String> old = before.schema();
    Map<DatabaseReader.SchemaKey, String> now = after.schema();
    Set<DatabaseReader.SchemaKey> all = new LinkedHashSet<>(old.keySet());
    all.addAll(now.keySet());
    return all.stream()
        .filter(key -> !String.valueOf(old.get(key)).equals(String.valueOf(now.get(key))))
        .map(key ->
            new SchemaDiff(
                key.type(),
                key.name(),
                Optional.ofNullable(old.get(key)),
                Optional.ofNullable(now.get(key))))
        .toList();
  }

  private void add(
      List<TableDiff> diffs, String name, boolean pairs, RowSource old, RowSource now) {
    Optional<TableDiff> diff = compare(name, pairs, old, now);
    diff.ifPresent(diffs::add);
  }

  private static TableDiff problem(String name, String why) {
    return new TableDiff(name, false, 0, 0, 0, List.of(), Optional.of(why));
  }

  /// The rows of a table in some order.
  interface RowSource {
    /// @return whether to go on
    interface Visitor {
      boolean row(Row row);
    }

    void visit(Visitor visitor);
  }

  /// One row: what tells it from others, and what it holds. The values compare by content.
  record Row(Map<String, @Nullable Object> key, Map<String, @Nullable Object> values) {
    Fingerprint fingerprint() {
      return Fingerprint.of(values);
    }
  }

  private static final class Counts {
    long added;
    long removed;
    long changed;

    boolean isZero() {
      return added + removed + changed == 0;
    }
  }

  private Optional<TableDiff> compare(String name, boolean pairs, RowSource old, RowSource now) {
    Map<Fingerprint, Fingerprint> rest = new HashMap<>();
    old.visit(row -> {
      rest.put(Fingerprint.of(row.key), row.fingerprint());
      return rest.size() <= ROWS_MAX;
    });
    if (rest.size() > ROWS_MAX) {
      return Optional.of(
          problem(name, "expected at most " + ROWS_MAX + " rows to compare, found more"));
    }
    Counts counts = new Counts();
    // In the order of the rows: those that are to be shown.
    Map<Fingerprint, Row> shownAfter = new LinkedHashMap<>();
    List<RowDiff> added = new ArrayList<>();
    now.visit(row -> {
      Fingerprint key = Fingerprint.of(row.key);
      Fingerprint then = rest.remove(key);
      if (then == null) {
        counts.added++;
        if (mayShow(row)) {
          added.add(new RowDiff(Shown.of(row.key), null, Shown.of(row.values)));
        }
      } else if (!then.equals(row.fingerprint())) {
        counts.changed++;
        if (mayShow(row)) {
          shownAfter.put(key, row);
        }
      }
      return true;
    });
    counts.removed = rest.size();
    if (counts.isZero()) {
      return Optional.empty();
    }
    List<RowDiff> rows = new ArrayList<>(added);
    if (!shownAfter.isEmpty() || !rest.isEmpty()) {
      old.visit(row -> {
        showOld(row, shownAfter, rest, rows);
        return true;
      });
    }
    return Optional.of(
        new TableDiff(
            name, pairs, counts.added, counts.removed, counts.changed, rows, Optional.empty()));
  }

  private void showOld(
      Row row, Map<Fingerprint, Row> changed, Map<Fingerprint, ?> removed, List<RowDiff> rows) {
    Fingerprint key = Fingerprint.of(row.key);
    Row after = changed.get(key);
    if (after != null) {
      rows.add(new RowDiff(Shown.of(row.key), Shown.of(row.values), Shown.of(after.values)));
    } else if (removed.containsKey(key) && mayShow(row)) {
      rows.add(new RowDiff(Shown.of(row.key), Shown.of(row.values), null));
    }
  }

  private boolean mayShow(Row row) {
    if (rowsShown >= rowsMax || charsShown >= SHOWN_CHARS_MAX) {
      omitted = true;
      return false;
    }
    rowsShown++;
    charsShown += 2 * Shown.CHARS_MAX * row.values.size();
    return true;
  }
}
