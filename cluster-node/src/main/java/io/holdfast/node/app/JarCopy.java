package io.holdfast.node.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A private copy of an app's jar and its libraries, so that replacing the files in the app
/// directory does no harm to the app that runs.
///
/// @param directory holds the copies and nothing else
/// @param jars the app's jar first
public record JarCopy(Path directory, List<Path> jars) {
  private static final String PREFIX = "app-";

  /// Copies `x.jar` and all of `x.lib/*.jar` into a new directory below `workDirectory`.
  static JarCopy of(Path jar, Path workDirectory) throws IOException {
    Path directory = Files.createTempDirectory(workDirectory, PREFIX);
    try {
      return new JarCopy(directory, copies(jar, directory));
    } catch (IOException e) {
      deleteTree(directory);
      throw e;
    }
  }

  private static List<Path> copies(Path jar, Path directory) throws IOException {
    List<Path> copies = new ArrayList<>();
    copies.add(Files.copy(jar, directory.resolve(jar.getFileName())));
    Path libraries = Files.createDirectory(directory.resolve("lib"));
    for (Path library : jarsIn(libraryDirectory(jar))) {
      copies.add(Files.copy(library, libraries.resolve(library.getFileName())));
    }
    return copies;
  }

  /// `counter.lib` for `counter.jar`.
  static Path libraryDirectory(Path jar) {
    String name = jar.getFileName().toString();
    return jar.resolveSibling(name.substring(0, name.length() - ".jar".length()) + ".lib");
  }

  /// The jars of a directory by name; none when it does not exist.
  static List<Path> jarsIn(Path directory) throws IOException {
    List<Path> jars = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.jar")) {
        entries.forEach(jars::add);
      }
    }
    jars.sort(null);
    return jars;
  }

  URL[] urls() {
    return jars.stream().map(JarCopy::url).toArray(URL[]::new);
  }

  private static URL url(Path file) {
    try {
      return file.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Safe to repeat.
  void delete() {
    deleteTree(directory);
  }

  /// Deletes what an earlier run that was killed left in the directory.
  static void deleteLeftovers(Path workDirectory) throws IOException {
    try (DirectoryStream<Path> old = Files.newDirectoryStream(workDirectory, PREFIX + "*")) {
      old.forEach(JarCopy::deleteTree);
    }
  }

  private static void deleteTree(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.toList().reversed()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + directory, e);
    }
  }
}
