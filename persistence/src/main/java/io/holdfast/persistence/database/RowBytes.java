package io.holdfast.persistence.database;

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

/// The bytes of rows of a [RuntimeTable]: a version, then fields; texts are UTF-8 behind their
/// length in four bytes.
public final class RowBytes {
  private static final int VERSION = 1;

  private RowBytes() {}

  @FunctionalInterface
  public interface Writing {
    void to(Out out) throws IOException;
  }

  @FunctionalInterface
  public interface Reading<T> {
    T from(In in) throws IOException;
  }

  /// The row that is written so.
  public static byte[] written(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Out out = new Out(bytes)) {
      out.writeByte(VERSION);
      writing.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// What is read so.
  ///
  /// @param what it is, for the error
  /// @throws HoldfastException `storage_corrupt`
  public static <T> T read(String what, byte[] row, Reading<T> reading) {
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

  /// Fields of a row being written.
  public static final class Out extends DataOutputStream {
    private Out(ByteArrayOutputStream bytes) {
      super(bytes);
    }

    public void text(String text) throws IOException {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public void optional(Optional<String> text) throws IOException {
      writeBoolean(text.isPresent());
      if (text.isPresent()) {
        text(text.get());
      }
    }

    public void bytes(byte[] bytes) throws IOException {
      writeInt(bytes.length);
      write(bytes);
    }
  }

  /// Fields of a row being read.
  public static final class In extends DataInputStream {
    private In(byte[] row) {
      super(new ByteArrayInputStream(row));
    }

    public String text() throws IOException {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    public Optional<String> optional() throws IOException {
      return readBoolean() ? Optional.of(text()) : Optional.empty();
    }

    public byte[] bytes() throws IOException {
      int length = readInt();
      if (length < 0 || length > available()) {
        throw new IOException("length " + length);
      }
      return readNBytes(length);
    }
  }
}
