package io.holdfast.persistence.database;

/// The plain engine: a SQLite in memory behind JDBC, whose whole image is copied out after each
/// commit.
///
/// It costs memory twice, the image here and the database in SQLite while it is open, and a commit
/// costs one copy of the database and a comparison: fine up to some megabytes. It is the oracle of
/// the other engine, and stands in for it.
///
/// Databases are read as a whole when they are opened, and have at most 1 GiB: SQLite takes no more
/// in memory. A larger one, made by the other engine, and one for which there is no memory, are
/// refused with `storage_full`.
record JdbcEngine() implements SqliteEngine {
  static final long DATABASE_BYTES_MAX = 1L << 30;

  @Override
  public DatabaseLimits limits(DatabaseLimits configured) {
    return configured.within(DATABASE_BYTES_MAX);
  }

  @Override
  public SqliteHandle open(DatabaseImage image, DatabaseLimits limits) {
    return JdbcHandle.open(image, limits);
  }
}
