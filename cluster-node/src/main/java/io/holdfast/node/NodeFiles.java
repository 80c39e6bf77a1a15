package io.holdfast.node;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/// Small files of a node that are made once and then kept.
final class NodeFiles {
  private static final SecureRandom RANDOM = new SecureRandom();

  private NodeFiles() {}

  /// The content of a file of one line; made of 32 random hex digits, readable by the owner alone,
  /// when there is none.
  static String readOrMake(Path file) {
    try {
      if (!Files.exists(file)) {
        make(file);
      }
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new HoldfastException(
            ErrorCode.CONFIG_INVALID,
            "expected one line of text in " + file + ", found an empty file");
      }
      return text;
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID, "cannot read or make " + file + ": " + e.getMessage(), e);
    }
  }

  private static void make(Path file) throws IOException {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    Path fresh =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName().toString(),
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, HexFormat.of().formatHex(bytes) + "\n");
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
