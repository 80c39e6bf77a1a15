package io.holdfast.persistence.database;

/// The fast engine: the SQLite inside the driver, called through `java.lang.foreign`, over pages
/// that live in Java. A commit costs the pages it changed.
record FfmEngine() implements SqliteEngine {
  @Override
  public SqliteHandle open(DatabaseImage image, DatabaseLimits limits) {
    return FfmHandle.open(image, limits);
  }
}
