package io.holdfast.persistence.database;

/// The plain engine: a SQLite in memory behind JDBC, whose whole image is copied out after each
/// commit.
///
/// It costs memory twice, the image here and the database in SQLite while it is open, and a commit
/// costs one copy of the database and a comparison: fine up to some megabytes. It is the oracle of
/// the other engine, and stands in for it.
record JdbcEngine() implements SqliteEngine {
  @Override
  public SqliteHandle open(DatabaseImage image, DatabaseLimits limits) {
    return JdbcHandle.open(image, limits);
  }
}
