package io.holdfast.persistence.database;

/// A way to run SQLite over an image. All engines make the same images of the same statements.
/// Thread-safe.
interface SqliteEngine {
  /// What a database may use on this engine, which may be less than what is configured.
  default DatabaseLimits limits(DatabaseLimits configured) {
    return configured;
  }

  /// Opens a connection over the image, or over a new database when it is empty.
  SqliteHandle open(DatabaseImage image, DatabaseLimits limits);
}
