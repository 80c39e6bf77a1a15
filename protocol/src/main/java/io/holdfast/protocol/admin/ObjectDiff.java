package io.holdfast.protocol.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What differs between two states of an object.
///
/// @param from the bookmark of the earlier state
/// @param to the bookmark of the later one
/// @param tables those that differ; the pairs of the key-value side first
/// @param rowsOmitted whether there are changed rows that are counted and not shown
public record ObjectDiff(
    String from,
    String to,
    Optional<Instant> alarmBefore,
    Optional<Instant> alarmAfter,
    List<TableDiff> tables,
    List<SchemaDiff> schema,
    boolean rowsOmitted) {

  /// One table, or the pairs.
  ///
  /// @param pairs whether it is the key-value side
  /// @param problem why its rows could not be compared
  public record TableDiff(
      String name,
      boolean pairs,
      long added,
      long removed,
      long changed,
      List<RowDiff> rows,
      Optional<String> problem) {}

  /// One row; long values are cut.
  ///
  /// @param before null when it was added
  /// @param after null when it was removed
  public record RowDiff(
      Map<String, @Nullable Object> key,
      @Nullable Map<String, @Nullable Object> before,
      @Nullable Map<String, @Nullable Object> after) {}

  /// A table, index, view or trigger that was made, dropped or changed.
  ///
  /// @param before the statement that makes it
  public record SchemaDiff(
      String type, String name, Optional<String> before, Optional<String> after) {}
}
