package io.holdfast.node.idempotency;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException.Origin;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// What is stored under a key.
///
/// As bytes: kind, fingerprint, wall clock, and what the kind has.
///
/// @param beganMillis when the call began, since the epoch
/// @param answer empty from the first commit of a call that commits in parts to its last
public record KeyRecord(Fingerprint fingerprint, long beganMillis, Optional<StoredAnswer> answer) {
  /// What a record takes beside its answer.
  public static final int HEADER_BYTES = 2 + Fingerprint.BYTES + Long.BYTES;

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
    return RowBytes.written(out -> {
      out.writeByte(answer.map(KeyRecord::kind).orElse(BEGUN));
      out.write(fingerprint.bytes());
      out.writeLong(beganMillis);
      if (answer.isPresent()) {
        write(answer.get(), out);
      }
    });
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

  private static void write(StoredAnswer answer, RowBytes.Out out) throws IOException {
    switch (answer) {
      case StoredAnswer.Http http -> {
        out.writeShort(http.status());
        out.writeInt(http.headers().size());
        for (Map.Entry<String, String> header : http.headers()) {
          out.text(header.getKey());
          out.text(header.getValue());
        }
        out.bytes(http.body());
      }
      case StoredAnswer.Result result -> out.bytes(result.bytes());
      case StoredAnswer.Stream stream -> out.bytes(stream.bytes());
      case StoredAnswer.Failure failure -> {
        out.text(failure.code().code());
        out.writeByte(
            failure.errorName().isEmpty()
                ? PLAIN
                : failure.origin() == Origin.RUNTIME ? OF_RUNTIME : OF_OBJECT_CODE);
        out.text(failure.errorName().orElse(""));
        out.text(failure.message());
      }
      case StoredAnswer.NotKept _ -> {}
    }
  }

  /// @throws HoldfastException `storage_corrupt`
  public static KeyRecord fromBytes(byte[] stored) {
    return RowBytes.read(
        "an idempotency key",
        stored,
        in -> {
          int kind = in.readUnsignedByte();
          Fingerprint fingerprint = new Fingerprint(in.readNBytes(Fingerprint.BYTES));
          return new KeyRecord(fingerprint, in.readLong(), answer(kind, in));
        });
  }

  private static Optional<StoredAnswer> answer(int kind, RowBytes.In in) throws IOException {
    return switch (kind) {
      case BEGUN -> Optional.empty();
      case HTTP -> Optional.of(new StoredAnswer.Http(in.readShort(), headers(in), in.bytes()));
      case RESULT -> Optional.of(new StoredAnswer.Result(in.bytes()));
      case FAILURE -> Optional.of(failure(in));
      case NOT_KEPT -> Optional.of(new StoredAnswer.NotKept());
      case STREAM -> Optional.of(new StoredAnswer.Stream(in.bytes()));
      default -> throw new IOException("kind " + kind);
    };
  }

  private static Headers headers(RowBytes.In in) throws IOException {
    Headers headers = Headers.empty();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      headers = headers.add(in.text(), in.text());
    }
    return headers;
  }

  private static StoredAnswer.Failure failure(RowBytes.In in) throws IOException {
    String code = in.text();
    int thrower = in.readUnsignedByte();
    String name = in.text();
    return new StoredAnswer.Failure(
        ErrorCode.of(code).orElse(ErrorCode.INTERNAL),
        thrower == PLAIN ? Optional.empty() : Optional.of(name),
        thrower == OF_OBJECT_CODE ? Origin.OBJECT_CODE : Origin.RUNTIME,
        in.text());
  }
}
