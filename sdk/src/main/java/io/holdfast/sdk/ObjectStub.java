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
  /// [java.time.Duration], [Optional]; `null` is allowed. Up to 32 MiB each way.
  ///
  /// An [java.io.InputStream] as a parameter or as the result (declared as that type) is read as
  /// its bytes come, with back-pressure to its source. It is read outside of the turn of the object
  /// it comes from: a stream of the app's own must not use the object's context. Who gets a stream
  /// as a result closes it; who passes one closes it after the call.
  ///
  /// A method that returns [java.util.concurrent.CompletableFuture] returns at once and completes
  /// with the result.
  ///
  /// Calls of objects inside calls of objects go 64 deep, then end in `call_too_deep`.
  ///
  /// @throws IllegalArgumentException when the type is not an interface
  <T> T as(Class<T> rpcInterface);
}
