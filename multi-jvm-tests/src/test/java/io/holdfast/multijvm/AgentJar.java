package io.holdfast.multijvm;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/// A test class that changes the classes of a node's JVM as they are loaded: its `premain` gets an
/// argument. The product has no switch for what such agents do.
final class AgentJar {
  private AgentJar() {}

  /// The flag that gives a JVM the agent.
  ///
  /// @param agent together with its inner classes all that the agent needs
  /// @param directory for the jar
  static String flag(Class<?> agent, Path directory, String argument) {
    String name = agent.getSimpleName();
    Path jar = directory.resolve(name + ".jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", agent.getName());
    Path classes = Apps.project().resolve("multi-jvm-tests/target/test-classes");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> all = Files.walk(classes.resolve("io/holdfast/multijvm"), 1)) {
      for (Path one : all.filter(path -> isOf(name, path)).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(one).toString()));
        out.write(Files.readAllBytes(one));
        out.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "-javaagent:" + jar + "=" + argument;
  }

  private static boolean isOf(String agent, Path file) {
    String name = file.getFileName().toString();
    return name.equals(agent + ".class") || name.startsWith(agent + "$");
  }
}
