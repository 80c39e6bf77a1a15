package io.holdfast.persistence.database;

import java.util.Set;

/// One statement of the app that passed the guard rails.
///
/// @param names the lower-case names in it that could be those of a shadow table of a full-text
///   index
public record SqlStatement(String text, Kind kind, Set<String> names) {
  public enum Kind {
    /// Only looks.
    READ,
    /// May write rows.
    WRITE,
    /// Writes, and changes tables.
    SCHEMA,
    /// Changes a setting of the connection.
    SETTING
  }

  public boolean writes() {
    return kind == Kind.WRITE || kind == Kind.SCHEMA;
  }

  /// Whether it does the same when it is prepared once and run again. A PRAGMA already acts while
  /// it is prepared.
  boolean isReusable() {
    return (kind == Kind.READ || kind == Kind.WRITE)
        && !text.regionMatches(true, 0, "pragma", 0, "pragma".length());
  }
}
