package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The one directory of a node, held by one process.
///
/// `holdfast-lock` is locked for as long as this is open; `holdfast-data` holds the format version
/// as text. Nothing else is written before the lock is held, and a directory that holds foreign
/// files or another version is left untouched. [#close()] gives the directory back; the operating
/// system does when the process dies.
public final class DataDirectory implements AutoCloseable {
  /// The format that this release writes, and the only one it reads.
  public static final int FORMAT_VERSION = 1;

  static final String LOCK_FILE = "holdfast-lock";
  static final String VERSION_FILE = "holdfast-data";
  private static final String JOURNAL = "journal";
  private static final String NEW_VERSION_FILE = VERSION_FILE + ".new";
  private static final Set<String> HARMLESS = Set.of(LOCK_FILE, NEW_VERSION_FILE, "lost+found");

  /*
   * The directories that this JVM holds, by device and inode. A second open in one JVM must be refused before it touches
   * the lock file: on POSIX, closing any other descriptor of a locked file drops the lock of the whole process.
   */
  private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Object identity;
  private final FileChannel lock;

  private DataDirectory(Path path, Object identity, FileChannel lock) {
    this.path = path;
    this.identity = identity;
    this.lock = lock;
  }

  /// Opens the directory, creating it when it is missing, and holds it until [#close()].
  ///
  /// @throws HoldfastException `DATA_DIRECTORY_LOCKED` when it is held by this or another process,
  ///   `DATA_DIRECTORY_UNREADABLE` when it is of another version or not ours
  public static DataDirectory open(Path path) {
    try {
      Files.createDirectories(path);
      Object identity = identity(path);
      if (!HELD.add(identity)) {
        throw locked(path, "this process, pid " + ProcessHandle.current().pid());
      }
      return lock(path, identity);
    } catch (IOException e) {
      throw unreadable(path + ": expected a directory that can be read and written, found " + e, e);
    }
  }

  /// Where the directory is, as it was given.
  public Path path() {
    return path;
  }

  /// The folder of the embedded journal.
  public Path journal() {
    return path.resolve(JOURNAL);
  }

  /// The folder of what containers left.
  public Path files() {
    return path.resolve("files");
  }

  /// Gives the directory back. Safe to repeat.
  @Override
  public void close() {
    if (!lock.isOpen()) {
      return;
    }
    try {
      lock.close();
    } catch (IOException e) {
      throw unreadable(path + ": the lock could not be given back: " + e, e);
    } finally {
      HELD.remove(identity);
    }
  }

  private static DataDirectory lock(Path path, Object identity) throws IOException {
    FileChannel channel = null;
    boolean opened = false;
    try {
      channel = FileChannel.open(path.resolve(LOCK_FILE), CREATE, READ, WRITE);
      if (channel.tryLock() == null) {
        throw locked(path, holder(channel));
      }
      checkVersion(path);
      createJournal(path);
      writeText(channel, Long.toString(ProcessHandle.current().pid()));
      opened = true;
      return new DataDirectory(path, identity, channel);
    } finally {
      if (!opened) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(identity);
      }
    }
  }

  private static Object identity(Path path) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return key == null ? path.toRealPath() : key;
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(20);
    channel.read(text, 0);
    String pid = new String(text.array(), 0, text.position(), UTF_8).strip();
    return pid.isEmpty() ? "another process" : "the process with pid " + pid;
  }

  private static void checkVersion(Path path) throws IOException {
    Path marker = path.resolve(VERSION_FILE);
    if (!Files.exists(marker)) {
      claim(path, marker);
      return;
    }
    String found = Files.readString(marker).strip();
    if (!found.equals(Integer.toString(FORMAT_VERSION))) {
      throw unreadable(
          marker
              + ": expected format version "
              + FORMAT_VERSION
              + ", found \""
              + brief(found)
              + "\"",
          null);
    }
  }

  private static void claim(Path path, Path marker) throws IOException {
    Set<String> foreign = foreignFiles(path);
    if (!foreign.isEmpty()) {
      throw unreadable(
          path + ": expected an empty directory or one with " + VERSION_FILE + ", found " + foreign,
          null);
    }
    Path fresh = path.resolve(NEW_VERSION_FILE);
    try (FileChannel channel = FileChannel.open(fresh, CREATE, WRITE, TRUNCATE_EXISTING)) {
      writeText(channel, FORMAT_VERSION + "\n");
    }
    Files.move(fresh, marker, StandardCopyOption.ATOMIC_MOVE);
    sync(path);
  }

  /* RocksDB syncs what is in its folder; that the folder itself is there after a power cut is up to us. */
  private static void createJournal(Path path) throws IOException {
    Path journal = path.resolve(JOURNAL);
    if (!Files.isDirectory(journal)) {
      Files.createDirectory(journal);
      sync(path);
    }
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  private static Set<String> foreignFiles(Path path) throws IOException {
    try (var files = Files.list(path)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !HARMLESS.contains(name))
          .limit(3)
          .collect(Collectors.toSet());
    }
  }

  private static void writeText(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
    channel.truncate(0);
    channel.position(0);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  private static String brief(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  private static HoldfastException locked(Path path, String holder) {
    return new HoldfastException(
        ErrorCode.DATA_DIRECTORY_LOCKED,
        path + ": expected a data directory that no other node holds, found it held by " + holder);
  }

  private static HoldfastException unreadable(String message, @Nullable Throwable cause) {
    return new HoldfastException(ErrorCode.DATA_DIRECTORY_UNREADABLE, message, cause);
  }
}
