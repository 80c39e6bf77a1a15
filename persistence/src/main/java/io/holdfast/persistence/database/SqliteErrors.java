package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Turns errors of SQLite into ours: SQLite's own message, then `: SQLITE_…` as its users know it.
final class SqliteErrors {
  private SqliteErrors() {}

  static HoldfastException of(SQLException error) {
    if (!(error instanceof SQLiteException known)) {
      return new HoldfastException(ErrorCode.SQL_ERROR, String.valueOf(error.getMessage()), error);
    }
    SQLiteErrorCode primary = SQLiteErrorCode.getErrorCode(known.getResultCode().code & 0xff);
    return new HoldfastException(codeOf(primary), message(known) + ": " + primary.name(), known);
  }

  /// @param message what SQLite says of it
  static HoldfastException of(int resultCode, String message) {
    SQLiteErrorCode primary = SQLiteErrorCode.getErrorCode(resultCode & 0xff);
    return new HoldfastException(codeOf(primary), message + ": " + primary.name());
  }

  static HoldfastException refused(String message) {
    return new HoldfastException(ErrorCode.SQL_ERROR, message + ": SQLITE_AUTH");
  }

  private static ErrorCode codeOf(SQLiteErrorCode primary) {
    return switch (primary) {
      case SQLITE_FULL -> ErrorCode.STORAGE_FULL;
      case SQLITE_INTERRUPT -> ErrorCode.TIMEOUT;
      case SQLITE_CORRUPT, SQLITE_NOTADB -> ErrorCode.STORAGE_CORRUPT;
      case SQLITE_NOMEM, SQLITE_IOERR, SQLITE_CANTOPEN -> ErrorCode.STORAGE_FAILED;
      default -> ErrorCode.SQL_ERROR;
    };
  }

  /// The driver writes `[CODE] what the code means (message of SQLite)`.
  private static String message(SQLiteException error) {
    String whole = String.valueOf(error.getMessage());
    String prefix = error.getResultCode() + " (";
    return whole.startsWith(prefix) && whole.endsWith(")")
        ? whole.substring(prefix.length(), whole.length() - 1)
        : whole;
  }
}
