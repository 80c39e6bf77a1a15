package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A statement of SQLite's C interface.
final class FfmStatement extends SqliteStatement {
  private static final int INTEGER = 1;
  private static final int FLOAT = 2;
  private static final int TEXT = 3;
  private static final int BLOB = 4;

  private final FfmHandle handle;

  /// 0 when it is closed.
  private long address;

  FfmStatement(FfmHandle handle, long address) {
    this.handle = handle;
    this.address = address;
  }

  private long open() {
    if (address == 0) {
      throw new HoldfastException(ErrorCode.INTERNAL, "expected an open statement, found none");
    }
    return address;
  }

  @Override
  int parameterCount() {
    return SqliteApi.parameterCount(open());
  }

  @Override
  boolean start(@Nullable Object... bindings) {
    for (int i = 0; i < bindings.length; i++) {
      int code = bind(open(), i + 1, bindings[i]);
      if (code != SqliteApi.OK) {
        throw failed(code);
      }
    }
    return next();
  }

  private static int bind(long address, int position, @Nullable Object value) {
    return switch (value) {
      case null -> SqliteApi.bindNull(address, position);
      case String text ->
          SqliteApi.bindText(address, position, text.getBytes(StandardCharsets.UTF_8));
      case Long number -> SqliteApi.bind(address, position, (long) number);
      case Integer number -> SqliteApi.bind(address, position, number.longValue());
      case Double number -> SqliteApi.bind(address, position, (double) number);
      case byte[] bytes -> SqliteApi.bindBlob(address, position, bytes);
      default ->
          throw new HoldfastException(
              ErrorCode.INTERNAL, "expected a value of SQL, found " + value.getClass());
    };
  }

  @Override
  boolean next() {
    int code = SqliteApi.step(open());
    if (code != SqliteApi.ROW && code != SqliteApi.DONE) {
      throw failed(code);
    }
    return code == SqliteApi.ROW;
  }

  @Override
  void reset() {
    SqliteApi.reset(open());
  }

  @Override
  String[] columnNames() {
    String[] names = new String[columnCount()];
    for (int i = 0; i < names.length; i++) {
      names[i] = SqliteApi.columnName(open(), i);
    }
    return names;
  }

  @Override
  int columnCount() {
    return SqliteApi.columnCount(open());
  }

  @Override
  @Nullable Object value(int column) {
    return switch (SqliteApi.columnType(open(), column)) {
      case INTEGER -> integer(column);
      case FLOAT -> SqliteApi.columnDouble(open(), column);
      case TEXT -> text(column);
      case BLOB -> blob(column);
      default -> null;
    };
  }

  @Override
  byte[] blob(int column) {
    return SqliteApi.columnBlob(open(), column);
  }

  @Override
  String text(int column) {
    return SqliteApi.columnText(open(), column);
  }

  @Override
  long integer(int column) {
    return SqliteApi.columnLong(open(), column);
  }

  @Override
  long scanned() {
    return SqliteApi.takeScanned(open());
  }

  @Override
  boolean isClosed() {
    return address == 0;
  }

  /// An error that it returns was reported by the last step.
  @Override
  public void close() {
    long open = address;
    if (open != 0) {
      address = 0;
      handle.forget(this);
      SqliteApi.finish(open);
    }
  }

  private HoldfastException failed(int code) {
    HoldfastException error = handle.error(code);
    close();
    return error;
  }
}
