package io.holdfast.persistence.database;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// SQLite's C interface, as far as it is used. Pointers are addresses, results are SQLite's codes;
/// see <https://sqlite.org/c3ref/funclist.html>.
///
/// Loading the class needs [SqliteBootstrap#routines()].
final class SqliteApi {
  private static final Linker LINKER = Linker.nativeLinker();

  /// What cannot call back into Java takes a shorter way, and byte arrays as they are.
  private static final Linker.Option CRITICAL = Linker.Option.critical(true);

  /// Positions in `sqlite3_api_routines`, in the order of `sqlite3ext.h`; it never changes.
  private static final MethodHandle BIND_BLOB = critical(2, "PIAIP");

  private static final MethodHandle BIND_DOUBLE = critical(3, "PID");
  private static final MethodHandle BIND_LONG = critical(5, "PIL");
  private static final MethodHandle BIND_NULL = critical(6, "PI");
  private static final MethodHandle PARAMETER_COUNT = critical(7, "P");
  private static final MethodHandle BIND_TEXT = critical(10, "PIAIP");
  private static final MethodHandle COLUMN_BLOB = critical(19, "PI", ValueLayout.JAVA_LONG);
  private static final MethodHandle COLUMN_BYTES = critical(20, "PI");
  private static final MethodHandle COLUMN_COUNT = critical(22, "P");
  private static final MethodHandle COLUMN_DOUBLE = critical(27, "PI", ValueLayout.JAVA_DOUBLE);
  private static final MethodHandle COLUMN_LONG = critical(29, "PI", ValueLayout.JAVA_LONG);
  private static final MethodHandle COLUMN_NAME = critical(30, "PI", ValueLayout.JAVA_LONG);
  private static final MethodHandle COLUMN_TEXT = critical(36, "PI", ValueLayout.JAVA_LONG);
  private static final MethodHandle COLUMN_TYPE = critical(38, "PI");
  private static final MethodHandle ERRMSG = critical(53, "P", ValueLayout.JAVA_LONG);
  private static final MethodHandle EXEC = plain(55, "PPPPP");
  private static final MethodHandle FINALIZE = plain(57, "P");
  private static final MethodHandle GET_AUTOCOMMIT = critical(60, "P");
  private static final MethodHandle VERSION_NUMBER = critical(67, "");
  private static final MethodHandle PROGRESS_HANDLER = plainVoid(75, "PIPP");
  private static final MethodHandle RESET = plain(77, "P");
  private static final MethodHandle STEP = plain(94, "P");
  private static final MethodHandle OPEN = plain(135, "PPIP");
  private static final MethodHandle LIMIT = critical(151, "PII");
  private static final MethodHandle CONFIGURE_LOOKASIDE =
      handle(
          163,
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle STATEMENT_STATUS = critical(170, "PII");
  private static final MethodHandle CLOSE = plain(179, "P");
  private static final MethodHandle PREPARE = plain(217, "PPIIPP");
  private static final MethodHandle CHANGES = critical(253, "P", ValueLayout.JAVA_LONG);
  private static final MethodHandle TOTAL_CHANGES = critical(254, "P", ValueLayout.JAVA_LONG);

  /// Tells SQLite to copy what is bound.
  private static final long TRANSIENT = -1;

  private static final int DBCONFIG_LOOKASIDE = 1001;
  private static final int STATUS_FULLSCAN_STEP = 1;

  static final int OK = 0;
  static final int ROW = 100;
  static final int DONE = 101;

  private SqliteApi() {}

  static int versionNumber() {
    try {
      return (int) VERSION_NUMBER.invokeExact();
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  /// Opens a page file; `out` gets the connection, which is to be closed also after an error.
  static int open(long name, long out, int flags, long vfsName) {
    try {
      return (int) OPEN.invokeExact(name, out, flags, vfsName);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int close(long connection) {
    try {
      return (int) CLOSE.invokeExact(connection);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int lookaside(long connection, int slotBytes, int slots) {
    try {
      return (int)
          CONFIGURE_LOOKASIDE.invokeExact(connection, DBCONFIG_LOOKASIDE, 0L, slotBytes, slots);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static void limit(long connection, int which, int value) {
    try {
      int ignored = (int) LIMIT.invokeExact(connection, which, value);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static void progressHandler(long connection, int steps, long function, long argument) {
    try {
      PROGRESS_HANDLER.invokeExact(connection, steps, function, argument);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int execute(long connection, String sql) {
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(sql).address();
      return (int) EXEC.invokeExact(connection, text, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static String errorMessage(long connection) {
    try {
      return NativeMemory.text((long) ERRMSG.invokeExact(connection));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static boolean inAutoCommit(long connection) {
    try {
      return (int) GET_AUTOCOMMIT.invokeExact(connection) != 0;
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static long changes(long connection) {
    try {
      return (long) CHANGES.invokeExact(connection);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static long totalChanges(long connection) {
    try {
      return (long) TOTAL_CHANGES.invokeExact(connection);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  /// `out` gets the statement.
  static int prepare(long connection, String sql, long out) {
    byte[] utf8 = sql.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(utf8.length + 1L);
      MemorySegment.copy(utf8, 0, text, ValueLayout.JAVA_BYTE, 0, utf8.length);
      return (int) PREPARE.invokeExact(connection, text.address(), utf8.length + 1, 0, out, 0L);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int step(long statement) {
    try {
      return (int) STEP.invokeExact(statement);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int reset(long statement) {
    try {
      return (int) RESET.invokeExact(statement);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int finish(long statement) {
    try {
      return (int) FINALIZE.invokeExact(statement);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int parameterCount(long statement) {
    try {
      return (int) PARAMETER_COUNT.invokeExact(statement);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int bindNull(long statement, int position) {
    try {
      return (int) BIND_NULL.invokeExact(statement, position);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int bind(long statement, int position, long value) {
    try {
      return (int) BIND_LONG.invokeExact(statement, position, value);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int bind(long statement, int position, double value) {
    try {
      return (int) BIND_DOUBLE.invokeExact(statement, position, value);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int bindText(long statement, int position, byte[] utf8) {
    try {
      MemorySegment bytes = MemorySegment.ofArray(utf8);
      return (int) BIND_TEXT.invokeExact(statement, position, bytes, utf8.length, TRANSIENT);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int bindBlob(long statement, int position, byte[] value) {
    try {
      MemorySegment bytes = MemorySegment.ofArray(value);
      return (int) BIND_BLOB.invokeExact(statement, position, bytes, value.length, TRANSIENT);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int columnCount(long statement) {
    try {
      return (int) COLUMN_COUNT.invokeExact(statement);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static int columnType(long statement, int column) {
    try {
      return (int) COLUMN_TYPE.invokeExact(statement, column);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static String columnName(long statement, int column) {
    try {
      long name = (long) COLUMN_NAME.invokeExact(statement, column);
      return name == 0 ? "" : NativeMemory.text(name);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static long columnLong(long statement, int column) {
    try {
      return (long) COLUMN_LONG.invokeExact(statement, column);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static double columnDouble(long statement, int column) {
    try {
      return (double) COLUMN_DOUBLE.invokeExact(statement, column);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static String columnText(long statement, int column) {
    try {
      long text = (long) COLUMN_TEXT.invokeExact(statement, column);
      return text == 0 ? "" : NativeMemory.text(text, columnBytes(statement, column));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  static byte[] columnBlob(long statement, int column) {
    try {
      long blob = (long) COLUMN_BLOB.invokeExact(statement, column);
      byte[] bytes = new byte[blob == 0 ? 0 : columnBytes(statement, column)];
      NativeMemory.copyOut(blob, bytes, 0, bytes.length);
      return bytes;
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  private static int columnBytes(long statement, int column) throws Throwable {
    return (int) COLUMN_BYTES.invokeExact(statement, column);
  }

  /// Rows stepped over in full scans since the last call.
  static int takeScanned(long statement) {
    try {
      return (int) STATEMENT_STATUS.invokeExact(statement, STATUS_FULLSCAN_STEP, 1);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  /// A method handle declares any exception, calling C throws none but errors of the JVM.
  private static RuntimeException thrown(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

  private static MethodHandle critical(int position, String parameters) {
    return critical(position, parameters, ValueLayout.JAVA_INT);
  }

  private static MethodHandle critical(int position, String parameters, MemoryLayout result) {
    return handle(position, descriptor(parameters, result), CRITICAL);
  }

  private static MethodHandle plain(int position, String parameters) {
    return handle(position, descriptor(parameters, ValueLayout.JAVA_INT));
  }

  private static MethodHandle plainVoid(int position, String parameters) {
    return handle(position, descriptor(parameters, ValueLayout.JAVA_INT).dropReturnLayout());
  }

  /// @param parameters I an int, L a long, D a double, P a pointer as its address, A a byte array
  private static FunctionDescriptor descriptor(String parameters, MemoryLayout result) {
    List<MemoryLayout> layouts = new ArrayList<>();
    for (char type : parameters.toCharArray()) {
      layouts.add(
          switch (type) {
            case 'I' -> ValueLayout.JAVA_INT;
            case 'L', 'P' -> ValueLayout.JAVA_LONG;
            case 'D' -> ValueLayout.JAVA_DOUBLE;
            case 'A' -> ValueLayout.ADDRESS;
            default -> throw new IllegalArgumentException("parameter " + type);
          });
    }
    return FunctionDescriptor.of(result, layouts.toArray(MemoryLayout[]::new));
  }

  private static MethodHandle handle(
      int position, FunctionDescriptor descriptor, Linker.Option... options) {
    long function = NativeMemory.longAt(SqliteBootstrap.routines() + 8L * position);
    if (function == 0) {
      throw new IllegalStateException("SQLite was built without function " + position);
    }
    return LINKER.downcallHandle(MemorySegment.ofAddress(function), descriptor, options);
  }
}
