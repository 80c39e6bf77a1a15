package io.holdfast.node.app;

import io.holdfast.sdk.DurableObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;

/// Compiles sources in memory and writes them as a jar.
public final class TestJar {
  private static final String IMPORTS =
      "import io.holdfast.sdk.*; import java.util.*; import java.util.concurrent.*; ";

  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private final List<JavaFileObject> sources = new ArrayList<>();
  private final List<Path> classPath = new ArrayList<>();

  public static TestJar app(String descriptor) {
    return new TestJar().entry("holdfast.jsonc", descriptor);
  }

  TestJar entry(String name, String text) {
    return entry(name, text.getBytes(StandardCharsets.UTF_8));
  }

  TestJar entry(String name, byte[] bytes) {
    entries.put(name, bytes);
    return this;
  }

  /// A class of the default imports: `code` starts with its declaration.
  TestJar source(String className, String code) {
    int dot = className.lastIndexOf('.');
    String head = dot < 0 ? "" : "package " + className.substring(0, dot) + "; ";
    String text = head + IMPORTS + code;
    URI uri = URI.create("string:///" + className.replace('.', '/') + ".java");
    sources.add(
        new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
          }
        });
    return this;
  }

  /// All classes of a package of this test source tree, as they were compiled.
  public TestJar compiled(String packageName) {
    String folder = packageName.replace('.', '/') + "/";
    Path classes = home(TestJar.class).resolve(folder);
    try (Stream<Path> files = Files.list(classes)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".class")).toList()) {
        entry(folder + file.getFileName(), Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  TestJar compiledWith(Path jar) {
    classPath.add(jar);
    return this;
  }

  TestJar without(String entry) {
    compile();
    entries.remove(entry);
    return this;
  }

  /// Makes a class claim to be of a later Java.
  TestJar ofJava(int version, String className) {
    compile();
    byte[] bytes = entries.get(className.replace('.', '/') + ".class");
    bytes[6] = (byte) ((version + 44) >> 8);
    bytes[7] = (byte) (version + 44);
    return this;
  }

  public Path write(Path file) {
    compile();
    try {
      Files.createDirectories(file.getParent());
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file))) {
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
          out.putNextEntry(new JarEntry(entry.getKey()));
          out.write(entry.getValue());
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return file;
  }

  private void compile() {
    if (sources.isEmpty()) {
      return;
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter log = new StringWriter();
    Map<String, ByteArrayOutputStream> output = new LinkedHashMap<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = List.of("-cp", classPath(), "-proc:none");
      boolean done =
          compiler.getTask(log, inMemory(files, output), null, options, null, sources).call();
      if (!done) {
        throw new AssertionError(log);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    output.forEach(
        (name, bytes) -> entries.put(name.replace('.', '/') + ".class", bytes.toByteArray()));
    sources.clear();
  }

  private String classPath() {
    Stream<Path> sdk = Stream.of(DurableObject.class, NullMarked.class).map(TestJar::home);
    return Stream.concat(sdk, classPath.stream())
        .map(Path::toString)
        .collect(Collectors.joining(java.io.File.pathSeparator));
  }

  private static Path home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static JavaFileManager inMemory(
      JavaFileManager files, Map<String, ByteArrayOutputStream> output) {
    return new ForwardingJavaFileManager<>(files) {
      @Override
      public JavaFileObject getJavaFileForOutput(
          Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
        return new SimpleJavaFileObject(URI.create("mem:///" + name + ".class"), kind) {
          @Override
          public OutputStream openOutputStream() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            output.put(name, bytes);
            return bytes;
          }
        };
      }
    };
  }

  /// The names of the entries, for messages.
  @Override
  public String toString() {
    return Arrays.toString(entries.keySet().toArray());
  }
}
