package io.holdfast.sdk.spi;

import java.lang.reflect.Type;

/// Turns Java values into JSON and back; the runtime provides it as a [java.util.ServiceLoader]
/// service.
public interface JsonCodec {
  /// The value as UTF-8 JSON.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` when the value has no JSON form
  byte[] write(Object value);

  /// Reads a value of the wanted type from UTF-8 JSON.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` when the text is not JSON of that
  ///   type
  <T> T read(byte[] json, Type type);
}
