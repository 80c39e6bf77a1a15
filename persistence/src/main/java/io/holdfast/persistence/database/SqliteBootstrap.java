package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.sql.SQLException;
import java.util.Properties;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.core.DB;
import org.sqlite.core.NativeDB;
import org.sqlite.jdbc4.JDBC4Connection;

/* The driver's library exports no function of SQLite. The way in:
 *
 * 1. NativeDB.pointer is the sqlite3* of an open connection. The first word of that structure is the
 *    sqlite3_vfs* of the connection. This is the one thing used that is not documented, so what is
 *    found there must look like a VFS: version, sizes, a name.
 * 2. sqlite3_vfs is public, and its pNext makes the list in which SQLite looks for a VFS by name. Ours
 *    is put behind the one found.
 * 3. A connection is opened with `?vfs=` ours. `SELECT load_extension('x')` on it makes SQLite ask the
 *    VFS for the library (xDlOpen) and its entry (xDlSym), and call that with the table of all public
 *    functions, sqlite3_api_routines, to which members are only ever appended.
 *
 * From there on everything is the documented C interface.
 */
/// Finds SQLite's C interface inside the driver's library, once per process.
final class SqliteBootstrap {
  private static final int LOADED_FOR_GOOD = 256;

  /// What this was tried with. A later version is refused until it was.
  private static final int MINOR_MIN = 40;

  private static final int MINOR_MAX = 54;

  private static long found;

  private SqliteBootstrap() {}

  /// The address of `sqlite3_api_routines`.
  ///
  /// @throws HoldfastException `internal` when platform or driver are not such that it can be found
  static synchronized long routines() {
    if (found == 0) {
      checkPlatform();
      try {
        linkVfs();
        loadItself();
      } catch (SQLException | ReflectiveOperationException e) {
        throw new HoldfastException(
            ErrorCode.INTERNAL, "cannot reach SQLite inside its driver: " + e.getMessage(), e);
      }
      if (found == 0) {
        throw refused("the extension's entry to be called, found it was not");
      }
    }
    return found;
  }

  private static void checkPlatform() {
    String system = System.getProperty("os.name") + ' ' + System.getProperty("os.arch");
    if (!system.equals("Linux amd64") && !system.equals("Linux aarch64")) {
      throw refused("Linux amd64 or aarch64, found " + system);
    }
    String[] version = String.valueOf(SQLiteJDBCLoader.getVersion()).split("\\.", -1);
    int minor = version.length > 1 && version[0].equals("3") ? Integer.parseInt(version[1]) : -1;
    if (minor < MINOR_MIN || minor > MINOR_MAX) {
      throw refused(
          "a SQLite driver of version 3.%d to 3.%d, found %s"
              .formatted(MINOR_MIN, MINOR_MAX, String.join(".", version)));
    }
  }

  private static void linkVfs() throws SQLException, ReflectiveOperationException {
    try (JDBC4Connection connection = connect(":memory:")) {
      long system = NativeMemory.longAt(pointer(connection.getDatabase()));
      checkVfs(system);
      long init = PageVfs.stub(SqliteBootstrap.class, "entered", ValueLayout.JAVA_INT, "PPP");
      PageVfs.linkBehind(system, PageVfs.create(system, init));
    }
  }

  private static long pointer(DB database) throws ReflectiveOperationException {
    Field field = NativeDB.class.getDeclaredField("pointer");
    field.setAccessible(true);
    long pointer = field.getLong(database);
    if (pointer == 0 || pointer % 8 != 0) {
      throw refused("the address of a connection, found " + pointer);
    }
    return pointer;
  }

  private static void checkVfs(long vfs) {
    if (vfs == 0 || vfs % 8 != 0) {
      throw refused("the address of a VFS, found " + vfs);
    }
    int version = NativeMemory.intAt(vfs);
    int fileBytes = NativeMemory.intAt(vfs + 4);
    int pathBytes = NativeMemory.intAt(vfs + 8);
    if (version < 2 || version > 3 || fileBytes < 8 || fileBytes > 4096) {
      throw refused("a VFS of version 2 or 3, found version " + version + ", " + fileBytes);
    }
    if (pathBytes < 64 || pathBytes > 65_536) {
      throw refused("a VFS with paths of 64 to 65536 bytes, found " + pathBytes);
    }
    String name = NativeMemory.text(NativeMemory.longAt(vfs + 24));
    if (!name.equals("unix")) {
      throw refused("the VFS unix, found " + name);
    }
  }

  private static void loadItself() throws SQLException {
    long file = PageFiles.add(new PageFile(DatabaseImage.EMPTY));
    try (JDBC4Connection connection = connect("file:" + file + "?vfs=" + PageVfs.NAME)) {
      connection.getDatabase().enable_load_extension(true);
      connection.getDatabase()._exec("SELECT load_extension('holdfast')");
    } finally {
      PageFiles.remove(file);
    }
  }

  private static JDBC4Connection connect(String file) throws SQLException {
    return new JDBC4Connection("jdbc:sqlite:" + file, file, new Properties());
  }

  /// The entry of the extension that is none.
  private static int entered(long database, long errorMessage, long routines) {
    found = routines;
    return LOADED_FOR_GOOD;
  }

  private static HoldfastException refused(String what) {
    return new HoldfastException(ErrorCode.INTERNAL, "expected " + what);
  }
}
