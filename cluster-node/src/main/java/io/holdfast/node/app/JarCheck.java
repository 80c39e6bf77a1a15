package io.holdfast.node.app;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/// Looks into an app's jar before anything of it is loaded.
final class JarCheck {
  /// Class files of Java N have the major version N + 44.
  private static final int VERSION_OFFSET = 44;

  private static final int CLASS_MAGIC = 0xCAFEBABE;

  private JarCheck() {}

  /// The bytes of the descriptor; empty when problems were found.
  static Optional<byte[]> descriptor(Path jar, Problems problems) {
    try (JarFile file = new JarFile(jar.toFile(), false)) {
      checkVersions(file, problems);
      return descriptor(file, problems);
    } catch (IOException e) {
      problems.add("the file", "a jar", "a broken one: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<byte[]> descriptor(JarFile jar, Problems problems) throws IOException {
    JarEntry entry = jar.getJarEntry(AppDescriptor.FILE);
    if (entry == null) {
      problems.add(
          AppDescriptor.FILE,
          "it at the root of the jar",
          "nothing (libraries belong in a folder x.lib beside x.jar)");
      return Optional.empty();
    }
    try (InputStream in = jar.getInputStream(entry)) {
      return Optional.of(in.readNBytes(AppDescriptor.BYTES_MAX + 1));
    }
  }

  /// Reports the first class that is too new for this Java.
  private static void checkVersions(JarFile jar, Problems problems) throws IOException {
    int known = Runtime.version().feature();
    for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
      JarEntry entry = entries.nextElement();
      if (entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF/")) {
        int java = javaVersion(jar, entry);
        if (java > known) {
          problems.add(
              entry.getName(), "a class for Java " + known + " or older", "one for Java " + java);
          return;
        }
      }
    }
  }

  private static int javaVersion(JarFile jar, JarEntry entry) throws IOException {
    try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) {
      if (entry.getSize() < 8 || in.readInt() != CLASS_MAGIC) {
        return 0; // Broken: reported when it is loaded.
      }
      in.readUnsignedShort();
      return in.readUnsignedShort() - VERSION_OFFSET;
    }
  }
}
