package io.holdfast.sdk;

import java.util.Optional;

/// A way to one object. Calls made through one stub, one after the other, reach the object in that
/// order.
///
/// A call made inside an object leaves only after that object's earlier writes are durable, and
/// other events may enter it while the call waits. Thread-safe.
public interface ObjectStub {
  ObjectId id();

  default Optional<String> name() {
    return id().name();
  }

  /// Sends a request to the object's [DurableObject#fetch].
  ///
  /// @throws ObjectCallException when the object's code threw, or it was reset, is overloaded or
  ///   out of reach
  Response fetch(Request request);

  /// The object as a Java interface: each call becomes a call of the public method of that name and
  /// number of parameters on the object's class. Arguments and results travel as CBOR: records,
  /// maps, lists, strings, numbers, booleans, byte arrays, [java.time.Instant],
  /// [java.time.Duration], [Optional]; `null` is allowed.
  ///
  /// A method that returns [java.util.concurrent.CompletableFuture] returns at once and completes
  /// with the result.
  ///
  /// @throws IllegalArgumentException when the type is not an interface
  <T> T as(Class<T> rpcInterface);
}
