package io.holdfast.persistence.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.jar.JarEntry;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// RocksDB's native code, unpacked once per version instead of at every start.
///
/// RocksDB itself copies 15 MB out of its jar into a temporary file each time: 150-430 ms here,
/// against 40 ms for loading a file that is there already. When anything about the copy fails,
/// RocksDB's own way is taken.
final class NativeLibrary {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

  private NativeLibrary() {}

  /// Loads the library from below this folder, copying it there first when needed. Safe to repeat.
  static void load(Path folder) {
    try {
      RocksDB.loadLibrary(List.of(unpacked(folder).toString()));
    } catch (IOException | UnsatisfiedLinkError e) {
      LOG.warn(
          "{}: RocksDB's library cannot be kept here, it is unpacked at every start: {}",
          folder,
          e.toString());
      RocksDB.loadLibrary();
    }
  }

  /* The folder that holds the library; its name changes with the library's content. */
  private static Path unpacked(Path folder) throws IOException {
    JarEntry entry = connection().getJarEntry();
    Path home = folder.resolve("rocksdb-%08x".formatted(entry.getCrc()));
    Path library = home.resolve(Environment.getJniLibraryFileName("rocksdbjni"));
    if (!Files.exists(library) || Files.size(library) != entry.getSize()) {
      Files.createDirectories(home);
      copyTo(library);
    }
    return home.toAbsolutePath();
  }

  private static void copyTo(Path library) throws IOException {
    Path fresh = library.resolveSibling("new");
    try (InputStream content = connection().getInputStream()) {
      Files.copy(content, fresh, StandardCopyOption.REPLACE_EXISTING);
    }
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(fresh, library, StandardCopyOption.ATOMIC_MOVE);
  }

  private static JarURLConnection connection() throws IOException {
    String name = Environment.getJniLibraryFileName("rocksdb");
    URL resource = RocksDB.class.getClassLoader().getResource(name);
    URLConnection connection = resource == null ? null : resource.openConnection();
    if (connection instanceof JarURLConnection jar) {
      return jar;
    }
    throw new IOException("expected " + name + " in the jar of RocksDB, found " + resource);
  }
}
