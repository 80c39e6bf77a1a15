package io.holdfast.persistence.database;

/// `holdfast.database.engine`: how SQLite is run.
public enum EngineChoice {
  /// [#FFM] when it passes its test at the start, else [#JDBC] and a warning.
  AUTO,
  /// Through `java.lang.foreign`, over pages that live in Java; the node does not start without.
  FFM,
  /// Through the driver; each commit copies the whole database.
  JDBC
}
