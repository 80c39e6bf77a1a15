package io.holdfast.node.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Fetches the values of an app's secrets from the environment and from files.
final class SecretReader {
  /// The longest secret: 64 KiB.
  static final int BYTES_MAX = 65_536;

  private final Path base;
  private final Function<String, Optional<String>> environment;

  /// @param base where relative paths start
  SecretReader(Path base, Function<String, Optional<String>> environment) {
    this.base = base;
    this.environment = environment;
  }

  Secrets read(Map<String, SecretSource> sources, Problems problems) {
    Map<String, String> values = new LinkedHashMap<>();
    sources.forEach((name, source) -> {
      String value =
          switch (source) {
            case SecretSource.FromEnv env -> fromEnv("secrets." + name + ".env", env, problems);
            case SecretSource.FromFile file ->
                fromFile("secrets." + name + ".file", file, problems);
          };
      values.put(name, value);
    });
    return new Secrets(values);
  }

  private String fromEnv(String path, SecretSource.FromEnv source, Problems problems) {
    String value = environment.apply(source.variable()).orElse("");
    if (value.isEmpty()) {
      problems.add(
          path, "environment variable " + source.variable() + " to be set", "it unset or empty");
    }
    return value;
  }

  private String fromFile(String path, SecretSource.FromFile source, Problems problems) {
    try {
      Path file = base.resolve(source.path());
      String value = withoutLineEnd(utf8(head(file)));
      if (value.isEmpty()) {
        problems.add(path, "the secret in file " + file, "the file empty");
      } else if (value.length() > BYTES_MAX) {
        problems.add(path, "at most " + BYTES_MAX + " bytes in file " + file, "more");
      }
      return value;
    } catch (NoSuchFileException e) {
      problems.add(path, "the secret in file " + base.resolve(source.path()), "no such file");
    } catch (CharacterCodingException e) {
      problems.add(path, "UTF-8 text in file " + base.resolve(source.path()), "other bytes");
    } catch (IOException | InvalidPathException e) {
      problems.add(path, "a readable file", e.toString());
    }
    return "";
  }

  private static byte[] head(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(BYTES_MAX + 3);
    }
  }

  private static String utf8(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private static String withoutLineEnd(String text) {
    if (text.endsWith("\r\n")) {
      return text.substring(0, text.length() - 2);
    }
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }
}
