package io.holdfast.sdk;

import io.holdfast.sdk.spi.JsonCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// The content of a request or response: bytes in memory, or a stream that can be read once.
///
/// A streamed body is read as it arrives; who does not read it to its end closes its [#stream()],
/// so that the sender learns of it. Reading blocks the virtual thread; inside an object, other
/// events may enter meanwhile.
public final class Body {
  private static final byte[] NO_BYTES = {};
  private static final Body EMPTY = new Body(NO_BYTES, null, 0);

  private final byte @Nullable [] bytes;
  private final long length;
  private @Nullable InputStream stream;
  private boolean taken;

  private Body(byte @Nullable [] bytes, @Nullable InputStream stream, long length) {
    this.bytes = bytes;
    this.stream = stream;
    this.length = length;
  }

  public static Body empty() {
    return EMPTY;
  }

  /// A body of these bytes. The array is not copied: do not change it afterwards.
  public static Body of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new Body(bytes, null, bytes.length);
  }

  /// A body of this text in UTF-8.
  public static Body of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /// A body that is read from the stream while it is sent; its length is not known in advance.
  public static Body of(InputStream stream) {
    return new Body(null, stream, -1);
  }

  /// A body of exactly `length` bytes that is read from the stream while it is sent.
  public static Body of(InputStream stream, long length) {
    if (length < 0) {
      throw new IllegalArgumentException("expected a length of 0 or more, found " + length);
    }
    return new Body(null, stream, length);
  }

  /// The JSON form of a value: records, maps, lists, strings, numbers, booleans,
  /// [java.time.Instant].
  public static Body json(Object value) {
    return of(Json.CODEC.write(value));
  }

  /// The number of bytes, when known.
  public OptionalLong length() {
    return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  /// The bytes, when the body is in memory; they are not a copy: do not change them.
  public Optional<byte[]> buffered() {
    return Optional.ofNullable(bytes);
  }

  /// The content as a stream. A streamed body can be taken once.
  ///
  /// @throws HoldfastException `wrong_state` when a streamed body was taken before
  public synchronized InputStream stream() {
    if (bytes != null) {
      return new ByteArrayInputStream(bytes);
    }
    if (taken || stream == null) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "the body was already read; a streamed body can be read once");
    }
    taken = true;
    InputStream result = stream;
    stream = null;
    return result;
  }

  /// The whole content; reads a streamed body to its end.
  ///
  /// @throws UncheckedIOException when the stream breaks off
  public byte[] bytes() {
    if (bytes != null) {
      return bytes;
    }
    try (InputStream in = stream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The whole content as UTF-8 text.
  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /// The whole content, read as JSON.
  ///
  /// @throws HoldfastException `invalid_argument` when it is not JSON of that type
  public <T> T json(Class<T> type) {
    return Json.CODEC.read(bytes(), type);
  }

  /// As [#json(Class)], for a generic type.
  public <T> T json(TypeRef<T> type) {
    Type wanted = type.type();
    return Json.CODEC.read(bytes(), wanted);
  }

  /** Loaded on first use: apps that never touch JSON need no codec on the class path. */
  private static final class Json {
    static final JsonCodec CODEC =
        ServiceLoader.load(JsonCodec.class, Body.class.getClassLoader())
            .findFirst()
            .orElseThrow(() ->
                new IllegalStateException(
                    "no JsonCodec on the class path: JSON bodies need the Holdfast runtime or holdfast-testkit"));
  }
}
