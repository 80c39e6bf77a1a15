package io.holdfast.persistence.database;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A `sqlite3_vfs` whose files are the [PageFiles], as native structures that live as long as the
/// process.
///
/// Source: <https://sqlite.org/c3ref/vfs.html>, <https://sqlite.org/c3ref/io_methods.html>. Only
/// main database files exist: journals and temporary tables stay in SQLite's memory, and whatever
/// else would be opened is refused.
final class PageVfs {
  static final String NAME = "holdfast-pages";

  private static final int OK = 0;
  private static final int IO_ERROR = 10;
  private static final int NOT_FOUND = 12;
  private static final int CANNOT_OPEN = 14;
  private static final int SHORT_READ = 10 | (2 << 8);
  private static final int OPEN_MAIN_DB = 0x100;

  /// As those of SQLite's own databases in memory: writes are atomic, in order, of any size.
  private static final int CHARACTERISTICS = 0x1 | 0x200 | 0x400 | 0x1000;

  /// `sqlite3_file` with our number behind it.
  private static final int FILE_BYTES = 16;

  private static final int PATH_BYTES_MAX = 512;

  /// Offsets in `sqlite3_vfs`.
  private static final int NEXT = 16;

  private static final int NAME_AT = 24;
  private static final int FIRST_METHOD = 40;
  private static final int RANDOMNESS = FIRST_METHOD + 8 * 8;

  /// `xRandomness`, `xSleep`, `xCurrentTime`, `xGetLastError`, `xCurrentTimeInt64`.
  private static final int BORROWED_METHODS = 5;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final long IO_METHODS = ioMethods();

  private PageVfs() {}

  /// Makes the structure; what has nothing to do with files it borrows from the system's VFS.
  ///
  /// @param init called by SQLite as the entry of an extension
  static long create(long systemVfs, long init) {
    MemorySegment vfs = Arena.global().allocate(RANDOMNESS + 8L * BORROWED_METHODS, 8);
    vfs.set(ValueLayout.JAVA_INT, 0, 2);
    vfs.set(ValueLayout.JAVA_INT, 4, FILE_BYTES);
    vfs.set(ValueLayout.JAVA_INT, 8, PATH_BYTES_MAX);
    vfs.set(ValueLayout.JAVA_LONG, NAME_AT, Arena.global().allocateFrom(NAME).address());
    // pAppData: what xDlSym answers.
    vfs.set(ValueLayout.JAVA_LONG, NAME_AT + 8, init);
    List<Long> methods =
        List.of(
            upcall("open", "PPPIP"),
            upcall("delete", "PPI"),
            upcall("access", "PPIP"),
            upcall("fullPathname", "PPIP"),
            pointerUpcall("loadLibrary", "PP"),
            upcall("libraryError", "PIP"),
            pointerUpcall("librarySymbol", "PPP"),
            upcall("closeLibrary", "PP"));
    for (int i = 0; i < methods.size(); i++) {
      vfs.set(ValueLayout.JAVA_LONG, FIRST_METHOD + 8L * i, methods.get(i));
    }
    for (int i = 0; i < BORROWED_METHODS; i++) {
      long at = RANDOMNESS + 8L * i;
      vfs.set(ValueLayout.JAVA_LONG, at, NativeMemory.longAt(systemVfs + at));
    }
    return vfs.address();
  }

  /// Puts ours behind another in SQLite's list.
  static void linkBehind(long otherVfs, long vfs) {
    NativeMemory.putLong(vfs + NEXT, NativeMemory.longAt(otherVfs + NEXT));
    NativeMemory.putLong(otherVfs + NEXT, vfs);
  }

  private static long ioMethods() {
    long[] methods = {
      upcall("close", "P"),
      upcall("read", "PPIL"),
      upcall("write", "PPIL"),
      upcall("truncate", "PL"),
      upcall("ignore", "PI"), // xSync
      upcall("fileSize", "PP"),
      upcall("ignore", "PI"), // xLock
      upcall("ignore", "PI"), // xUnlock
      upcall("checkReservedLock", "PP"),
      upcall("fileControl", "PIP"),
      0, // xSectorSize: SQLite's default
      upcall("characteristics", "P")
    };
    MemorySegment table = Arena.global().allocate(8 + 8L * methods.length, 8);
    table.set(ValueLayout.JAVA_INT, 0, 1);
    for (int i = 0; i < methods.length; i++) {
      table.set(ValueLayout.JAVA_LONG, 8 + 8L * i, methods[i]);
    }
    return table.address();
  }

  static long upcall(String method, String parameters) {
    return stub(PageVfs.class, method, ValueLayout.JAVA_INT, parameters);
  }

  private static long pointerUpcall(String method, String parameters) {
    return stub(PageVfs.class, method, ValueLayout.JAVA_LONG, parameters);
  }

  /// The address of a C function that calls a static method. Pointers travel as `long`, which takes
  /// the same registers and makes no objects.
  ///
  /// @param parameters I for an int, L for a long, P for a pointer
  static long stub(Class<?> owner, String method, ValueLayout result, String parameters) {
    List<MemoryLayout> layouts = new ArrayList<>();
    List<Class<?>> types = new ArrayList<>();
    for (char type : parameters.toCharArray()) {
      layouts.add(type == 'I' ? ValueLayout.JAVA_INT : ValueLayout.JAVA_LONG);
      types.add(type == 'I' ? int.class : long.class);
    }
    try {
      MethodHandle target =
          MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
              .findStatic(owner, method, MethodType.methodType(result.carrier(), types));
      FunctionDescriptor descriptor =
          FunctionDescriptor.of(result, layouts.toArray(MemoryLayout[]::new));
      return LINKER.upcallStub(target, descriptor, Arena.global()).address();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no method " + method, e);
    }
  }

  // ---- called by SQLite: no exception may leave, it would end the process
  // ---------------------------------------

  private static int open(long vfs, long name, long file, int flags, long outFlags) {
    try {
      NativeMemory.putLong(file, 0);
      if ((flags & OPEN_MAIN_DB) == 0 || name == 0) {
        return CANNOT_OPEN;
      }
      long id = Long.parseLong(NativeMemory.text(name));
      PageFiles.get(id);
      NativeMemory.putLong(file, IO_METHODS);
      NativeMemory.putLong(file + 8, id);
      if (outFlags != 0) {
        NativeMemory.putInt(outFlags, flags);
      }
      return OK;
    } catch (Throwable e) {
      return CANNOT_OPEN;
    }
  }

  private static int delete(long vfs, long name, int sync) {
    return OK;
  }

  /// No file but the database exists, so no journal of a crashed writer.
  private static int access(long vfs, long name, int flags, long result) {
    NativeMemory.putInt(result, 0);
    return OK;
  }

  private static int fullPathname(long vfs, long name, int length, long result) {
    try {
      byte[] path = (NativeMemory.text(name) + '\0').getBytes(StandardCharsets.UTF_8);
      if (path.length > length) {
        return CANNOT_OPEN;
      }
      NativeMemory.copyIn(path, 0, result, path.length);
      return OK;
    } catch (Throwable e) {
      return CANNOT_OPEN;
    }
  }

  /// The library is this process: any address but 0.
  private static long loadLibrary(long vfs, long name) {
    return vfs;
  }

  private static int libraryError(long vfs, int length, long message) {
    return OK;
  }

  private static long librarySymbol(long vfs, long library, long name) {
    return NativeMemory.longAt(vfs + NAME_AT + 8);
  }

  private static int closeLibrary(long vfs, long library) {
    return OK;
  }

  private static int close(long file) {
    try {
      PageFiles.remove(NativeMemory.longAt(file + 8));
      return OK;
    } catch (Throwable e) {
      return IO_ERROR;
    }
  }

  private static int read(long file, long to, int amount, long offset) {
    try {
      PageFile pages = PageFiles.get(NativeMemory.longAt(file + 8));
      try {
        int done = pages.read(to, amount, offset);
        if (done == amount) {
          return OK;
        }
        NativeMemory.zero(to + done, amount - done);
        return SHORT_READ;
      } catch (Throwable e) {
        pages.failed(e);
        return IO_ERROR;
      }
    } catch (Throwable e) {
      return IO_ERROR;
    }
  }

  private static int write(long file, long from, int amount, long offset) {
    try {
      PageFile pages = PageFiles.get(NativeMemory.longAt(file + 8));
      try {
        pages.write(from, amount, offset);
        return OK;
      } catch (Throwable e) {
        pages.failed(e);
        return IO_ERROR;
      }
    } catch (Throwable e) {
      return IO_ERROR;
    }
  }

  private static int truncate(long file, long size) {
    try {
      PageFiles.get(NativeMemory.longAt(file + 8)).truncate(size);
      return OK;
    } catch (Throwable e) {
      return IO_ERROR;
    }
  }

  private static int ignore(long file, int argument) {
    return OK;
  }

  private static int fileSize(long file, long result) {
    try {
      NativeMemory.putLong(result, PageFiles.get(NativeMemory.longAt(file + 8)).size());
      return OK;
    } catch (Throwable e) {
      return IO_ERROR;
    }
  }

  private static int checkReservedLock(long file, long result) {
    NativeMemory.putInt(result, 0);
    return OK;
  }

  private static int fileControl(long file, int operation, long argument) {
    return NOT_FOUND;
  }

  private static int characteristics(long file) {
    return CHARACTERISTICS;
  }
}
