package io.holdfast.node.idempotency;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException.Origin;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/// What is stored under a key.
///
/// As bytes: version, kind, fingerprint, wall clock, and what the kind has. Texts are UTF-8 behind
/// their length in four bytes, and so are bodies and results.
///
/// @param beganMillis when the call began, since the epoch
/// @param answer empty from the first commit of a call that commits in parts to its last
public record KeyRecord(Fingerprint fingerprint, long beganMillis, Optional<StoredAnswer> answer) {
  /// What a record takes beside its answer.
  public static final int HEADER_BYTES = 2 + Fingerprint.BYTES + Long.BYTES;

  private static final int VERSION = 1;
  private static final int BEGUN = 0;
  private static final int HTTP = 1;
  private static final int RESULT = 2;
  private static final int FAILURE = 3;
  private static final int NOT_KEPT = 4;
  private static final int STREAM = 5;

  /* Who threw: another exception than that of a call, or whom that names. */
  private static final int PLAIN = 0;
  private static final int OF_RUNTIME = 1;
  private static final int OF_OBJECT_CODE = 2;

  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeByte(answer.map(KeyRecord::kind).orElse(BEGUN));
      out.write(fingerprint.bytes());
      out.writeLong(beganMillis);
      if (answer.isPresent()) {
        write(answer.get(), out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static int kind(StoredAnswer answer) {
    return switch (answer) {
      case StoredAnswer.Http _ -> HTTP;
      case StoredAnswer.Result _ -> RESULT;
      case StoredAnswer.Failure _ -> FAILURE;
      case StoredAnswer.NotKept _ -> NOT_KEPT;
      case StoredAnswer.Stream _ -> STREAM;
    };
  }

  private static void write(StoredAnswer answer, DataOutputStream out) throws IOException {
    switch (answer) {
      case StoredAnswer.Http http -> {
        out.writeShort(http.status());
        out.writeInt(http.headers().size());
        for (Map.Entry<String, String> header : http.headers()) {
          text(out, header.getKey());
          text(out, header.getValue());
        }
        bytes(out, http.body());
      }
      case StoredAnswer.Result result -> bytes(out, result.bytes());
      case StoredAnswer.Stream stream -> bytes(out, stream.bytes());
      case StoredAnswer.Failure failure -> {
        text(out, failure.code().code());
        out.writeByte(
            failure.errorName().isEmpty()
                ? PLAIN
                : failure.origin() == Origin.RUNTIME ? OF_RUNTIME : OF_OBJECT_CODE);
        text(out, failure.errorName().orElse(""));
        text(out, failure.message());
      }
      case StoredAnswer.NotKept _ -> {}
    }
  }

  /// @throws HoldfastException `storage_corrupt`
  public static KeyRecord fromBytes(byte[] stored) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(stored))) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw corrupt("version " + VERSION, "version " + version);
      }
      int kind = in.readUnsignedByte();
      Fingerprint fingerprint = new Fingerprint(in.readNBytes(Fingerprint.BYTES));
      return new KeyRecord(fingerprint, in.readLong(), answer(kind, in));
    } catch (IOException | IllegalArgumentException e) {
      throw corrupt("a whole record", "one of " + stored.length + " bytes that breaks off");
    }
  }

  private static Optional<StoredAnswer> answer(int kind, DataInputStream in) throws IOException {
    return switch (kind) {
      case BEGUN -> Optional.empty();
      case HTTP -> Optional.of(new StoredAnswer.Http(in.readShort(), headers(in), bytes(in)));
      case RESULT -> Optional.of(new StoredAnswer.Result(bytes(in)));
      case FAILURE -> Optional.of(failure(in));
      case NOT_KEPT -> Optional.of(new StoredAnswer.NotKept());
      case STREAM -> Optional.of(new StoredAnswer.Stream(bytes(in)));
      default -> throw corrupt("a kind from 0 to 5", "kind " + kind);
    };
  }

  private static Headers headers(DataInputStream in) throws IOException {
    Headers headers = Headers.empty();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      headers = headers.add(text(in), text(in));
    }
    return headers;
  }

  private static StoredAnswer.Failure failure(DataInputStream in) throws IOException {
    String code = text(in);
    int thrower = in.readUnsignedByte();
    String name = text(in);
    return new StoredAnswer.Failure(
        ErrorCode.of(code).orElse(ErrorCode.INTERNAL),
        thrower == PLAIN ? Optional.empty() : Optional.of(name),
        thrower == OF_OBJECT_CODE ? Origin.OBJECT_CODE : Origin.RUNTIME,
        text(in));
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    bytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("length " + length);
    }
    return in.readNBytes(length);
  }

  private static HoldfastException corrupt(String expected, String found) {
    return new HoldfastException(
        ErrorCode.STORAGE_CORRUPT, "an idempotency key: expected " + expected + ", found " + found);
  }
}
