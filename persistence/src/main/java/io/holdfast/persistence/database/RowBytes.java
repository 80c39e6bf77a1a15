package io.holdfast.node.message;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The bytes of rows: a version, then fields; texts are UTF-8 behind their length in four bytes.
final class Bytes {
  private static final int VERSION = 1;

  private Bytes() {}

  @FunctionalInterface
  interface Writing {
    void to(Out out) throws IOException;
  }

  @FunctionalInterface
  interface Reading<T> {
    T from(In in) throws IOException;
  }

  static byte[] written(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Out out = new Out(bytes)) {
      out.writeByte(VERSION);
      writing.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// @param what for the error
  /// @throws HoldfastException `storage_corrupt`
  static <T> T read(String what, byte[] row, Reading<T> reading) {
    try (In in = new In(row)) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new IOException("version " + version);
      }
      return reading.from(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected the row of " + what + ", found other bytes: " + e.getMessage(),
          e);
    }
  }

  static final class Out extends DataOutputStream {
    private Out(ByteArrayOutputStream bytes) {
      super(bytes);
    }

    void text(String text) throws IOException {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    void optional(Optional<String> text) throws IOException {
      writeBoolean(text.isPresent());
      if (text.isPresent()) {
        text(text.get());
      }
    }

    void bytes(byte[] bytes) throws IOException {
      writeInt(bytes.length);
      write(bytes);
    }
  }

  static final class In extends DataInputStream {
    private In(byte[] row) {
      super(new ByteArrayInputStream(row));
    }

    String text() throws IOException {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    Optional<String> optional() throws IOException {
      return readBoolean() ? Optional.of(text()) : Optional.empty();
    }

    byte[] bytes() throws IOException {
      int length = readInt();
      if (length < 0 || length > available()) {
        throw new IOException("length " + length);
      }
      return readNBytes(length);
    }
  }
}
