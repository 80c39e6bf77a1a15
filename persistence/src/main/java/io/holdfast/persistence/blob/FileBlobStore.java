package io.holdfast.persistence.blob;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/*
 * A blob is a file `blobs/ab/cdef…`, named by its digest. It is written under `new/` and gets its name only after its bytes
 * were synced, so a file that has a name is whole, whenever the power went. Directories are synced after the renames, and all
 * of them once when the store opens: a process that died between rename and sync left names that look durable.
 */
/// Blobs as files in a directory that one process holds. Thread-safe.
public final class FileBlobStore implements BlobStore {
  private static final Pattern FOLDER = Pattern.compile("[0-9a-f]{2}");
  private static final Pattern FILE = Pattern.compile("[0-9a-f]{62}");

  private final Path blobs;
  private final Path fresh;
  private final long freeBytesMin;
  private final AtomicLong names = new AtomicLong();

  /** Written, not yet synced. */
  private final Map<BlobId, Path> unsynced = new ConcurrentHashMap<>();

  private FileBlobStore(Path directory, long freeBytesMin) {
    this.blobs = directory.resolve("blobs");
    this.fresh = directory.resolve("new");
    this.freeBytesMin = freeBytesMin;
  }

  /// Opens the store, creating the directory when it is missing. What an earlier process had not
  /// finished is removed.
  ///
  /// @param freeBytesMin blobs are refused with `storage_full` while the disk has less free space
  public static FileBlobStore open(Path directory, long freeBytesMin) {
    FileBlobStore store = new FileBlobStore(directory, freeBytesMin);
    try {
      Files.createDirectories(store.blobs);
      Files.createDirectories(store.fresh);
      removeAll(store.fresh);
      store.syncAllFolders(directory);
      return store;
    } catch (IOException e) {
      throw failed("cannot open " + directory, e);
    }
  }

  private static void removeAll(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  private void syncAllFolders(Path directory) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(blobs)) {
      for (Path folder : folders) {
        syncFolder(folder);
      }
    }
    syncFolder(blobs);
    syncFolder(directory);
  }

  @Override
  public boolean contains(BlobId id) {
    return unsynced.containsKey(id) || Files.exists(path(id));
  }

  @Override
  public void put(BlobId id, byte[] bytes) {
    BlobStore.check(bytes);
    if (contains(id)) {
      return;
    }
    Path file = fresh.resolve(Long.toString(names.incrementAndGet()));
    try {
      checkSpace(bytes.length);
      write(file, bytes);
    } catch (IOException e) {
      throw failed("cannot write " + file, e);
    }
    if (unsynced.putIfAbsent(id, file) != null) {
      remove(file); // Somebody else put the same.
    }
  }

  private void checkSpace(int length) throws IOException {
    long free = Files.getFileStore(fresh).getUsableSpace();
    if (free - length < freeBytesMin) {
      throw new HoldfastException(
          ErrorCode.STORAGE_FULL,
          "expected %d bytes free on the disk of %s, found %d"
              .formatted(freeBytesMin, fresh.getParent(), free));
    }
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    boolean written = false;
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      written = true;
    } finally {
      if (!written) {
        remove(file);
      }
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed("cannot remove " + file, e);
    }
  }

  /**
   * After a failure what was written is not trusted any more, whatever a second sync would say: it
   * is as if it had never been put.
   */
  @Override
  public synchronized void sync() {
    Map<BlobId, Path> now = new HashMap<>(unsynced);
    try {
      for (Path file : now.values()) {
        try (FileChannel channel = FileChannel.open(file, WRITE)) {
          channel.force(true);
        }
      }
      name(now);
    } catch (IOException e) {
      unsynced.keySet().removeAll(now.keySet());
      throw failed("cannot sync " + blobs, e);
    }
  }

  private void name(Map<BlobId, Path> synced) throws IOException {
    Set<Path> folders = new HashSet<>();
    for (Map.Entry<BlobId, Path> each : synced.entrySet()) {
      Path folder = folder(each.getKey());
      makeFolder(folder);
      Files.move(each.getValue(), path(each.getKey()), StandardCopyOption.ATOMIC_MOVE);
      unsynced.remove(each.getKey());
      folders.add(folder);
    }
    for (Path folder : folders) {
      syncFolder(folder);
    }
  }

  private void makeFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
      syncFolder(blobs);
    }
  }

  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  @Override
  public Optional<byte[]> get(BlobId id) {
    try {
      Optional<byte[]> named = read(path(id));
      if (named.isPresent()) {
        return named;
      }
      Path file = unsynced.get(id);
      Optional<byte[]> written = file == null ? Optional.empty() : read(file);
      // It may have got its name just now.
      return written.isPresent() ? written : read(path(id));
    } catch (IOException e) {
      throw failed("cannot read blob " + id.hex(), e);
    }
  }

  private static Optional<byte[]> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public boolean delete(BlobId id) {
    remove(path(id));
    return true;
  }

  @Override
  public void forEach(Consumer<BlobId> blob) {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(blobs)) {
      for (Path folder : folders) {
        if (FOLDER.matcher(folder.getFileName().toString()).matches()) {
          forEach(folder, blob);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw failed("cannot list " + blobs, e);
    } catch (IOException e) {
      throw failed("cannot list " + blobs, e);
    }
  }

  private static void forEach(Path folder, Consumer<BlobId> blob) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (FILE.matcher(name).matches()) {
          blob.accept(BlobId.parse(folder.getFileName() + name));
        }
      }
    }
  }

  private Path path(BlobId id) {
    return folder(id).resolve(id.hex().substring(2));
  }

  private Path folder(BlobId id) {
    return blobs.resolve(id.hex().substring(0, 2));
  }

  private static HoldfastException failed(String what, Exception e) {
    String why = String.valueOf(e.getMessage());
    boolean full = why.contains("No space left") || why.contains("quota exceeded");
    return new HoldfastException(
        full ? ErrorCode.STORAGE_FULL : ErrorCode.STORAGE_FAILED, what + ": " + why, e);
  }
}
