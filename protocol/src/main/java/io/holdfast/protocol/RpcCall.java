package io.holdfast.protocol;

import java.io.InputStream;
import java.util.Map;

/// A method call on an object.
///
/// @param method the name of a public method of the object's class
/// @param encoding how arguments are encoded, and how the result is to be
/// @param arguments an array of the arguments in that encoding; null stands for those in `streams`
/// @param streams arguments that are read as they come, by their index; the caller closes them
public record RpcCall(
    String method, Encoding encoding, byte[] arguments, Map<Integer, InputStream> streams) {
  /// What the arguments of one call, and its result, may have in their encoding: 32 MiB. Streams
  /// are not counted.
  public static final int BYTES_MAX = 32 << 20;

  public RpcCall(String method, Encoding encoding, byte[] arguments) {
    this(method, encoding, arguments, Map.of());
  }

  public enum Encoding {
    CBOR,
    JSON
  }

  /// This call with other streams in the same places.
  public RpcCall withStreams(Map<Integer, InputStream> others) {
    return new RpcCall(method, encoding, arguments, others);
  }
}
