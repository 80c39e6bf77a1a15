package io.holdfast.persistence.database;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// What one object's database may use. Keys and ranges: `holdfast.database` in `reference.conf`.
///
/// @param databaseBytesMax the size at which writes end in `storage_full`
/// @param queryTimeout how long one `sql().exec` may compute
/// @param resultBytesMax how much one query or `list` may return
public record DatabaseLimits(long databaseBytesMax, Duration queryTimeout, long resultBytesMax) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.database");

  /// Key and value together, or one text, blob or row of SQL: 2 MiB.
  public static final int VALUE_BYTES_MAX = 2 * 1024 * 1024;

  /// One SQL statement, in bytes of UTF-8.
  public static final int STATEMENT_BYTES_MAX = 100_000;

  /// One query of several statements, in characters.
  public static final int QUERY_CHARS_MAX = 2 * 1024 * 1024;

  public static final DatabaseLimits DEFAULT =
      new DatabaseLimits(10L << 30, Duration.ofSeconds(30), 64L << 20);

  public DatabaseLimits {
    SETTINGS.check("bytes-max", databaseBytesMax, 1L << 20, 10L << 30);
    SETTINGS.check("query-timeout", queryTimeout.toMillis(), 10, 900_000);
    SETTINGS.check("result-bytes-max", resultBytesMax, 1L << 10, 1L << 30);
  }

  /// Reads `holdfast.database`.
  public static DatabaseLimits of(Config config) {
    return new DatabaseLimits(
        config.getBytes("holdfast.database.bytes-max"),
        config.getDuration("holdfast.database.query-timeout"),
        config.getBytes("holdfast.database.result-bytes-max"));
  }

  /// The same for an engine that takes no larger databases than that.
  DatabaseLimits within(long engineBytesMax) {
    return engineBytesMax >= databaseBytesMax
        ? this
        : new DatabaseLimits(engineBytesMax, queryTimeout, resultBytesMax);
  }

  /// The error, with the limit that was hit.
  HoldfastException described(HoldfastException error) {
    return switch (error.code()) {
      case STORAGE_FULL ->
          new HoldfastException(
              ErrorCode.STORAGE_FULL,
              "the database of the object is full, expected at most "
                  + databaseBytesMax
                  + " bytes: "
                  + error.getMessage(),
              error);
      case TIMEOUT ->
          new HoldfastException(
              ErrorCode.TIMEOUT,
              "the SQL query was stopped, expected it to take at most "
                  + queryTimeout.toMillis()
                  + " ms: "
                  + error.getMessage(),
              error);
      default -> error;
    };
  }
}
