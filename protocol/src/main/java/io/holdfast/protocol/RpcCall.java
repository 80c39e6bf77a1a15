package io.holdfast.protocol;

/// A method call on an object.
///
/// @param method the name of a public method of the object's class
/// @param encoding how arguments are encoded, and how the result is to be
/// @param arguments an array of the arguments in that encoding
public record RpcCall(String method, Encoding encoding, byte[] arguments) {
  public enum Encoding {
    CBOR,
    JSON
  }
}
