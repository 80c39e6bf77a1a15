package io.holdfast.node.message;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.RpcCall;
import java.util.Optional;

/// A message as its sender keeps it.
///
/// @param number grows with every message of one sender, whoever receives it; it holds the time of
///   sending, see [Numbers]
/// @param method to be called
/// @param arguments a CBOR array
/// @param receiverName the name of the receiver when the sender knew it: a new object learns its
///   name from it
public record Letter(long number, String method, byte[] arguments, Optional<String> receiverName) {
  long sentAtMillis() {
    return Numbers.millis(number);
  }

  public RpcCall call() {
    return new RpcCall(method, RpcCall.Encoding.CBOR, arguments);
  }

  /// What it counts for in the limits.
  int size() {
    return arguments.length + method.length() + receiverName.map(String::length).orElse(0);
  }

  byte[] toBytes() {
    return RowBytes.written(out -> write(out));
  }

  void write(RowBytes.Out out) throws java.io.IOException {
    out.text(method);
    out.optional(receiverName);
    out.bytes(arguments);
  }

  static Letter fromBytes(long number, byte[] row) {
    return RowBytes.read("a message", row, in -> read(number, in));
  }

  static Letter read(long number, RowBytes.In in) throws java.io.IOException {
    String method = in.text();
    Optional<String> name = in.optional();
    return new Letter(number, method, in.bytes(), name);
  }
}
