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

  /// This stub, with a key on each of its calls: the first call with that key runs, and a repeat of
  /// it gets the answer of the first, also its error, without running anything. [#fetch] carries it
  /// as the header `Idempotency-Key`.
  ///
  /// Make one key per call and use it for the retries of that call alone. The object keeps key and
  /// answer in its own storage, committed with what the call wrote, for the time and up to the
  /// limits of `holdfast.idempotency`. A call with a known key fails with:
  ///
  /// - `idempotency_mismatch` when method or arguments are others,
  /// - `idempotency_in_progress` when the first call has not ended after a while,
  /// - `idempotency_unknown` when the first call was cut off by a crash or a reset after a part of
  ///   what it wrote or sent had left: it is not run a second time,
  /// - `idempotency_not_kept` when it was carried out but its answer was too large to keep.
  ///
  /// @param key 1 to 255 characters of printable ASCII
  /// @throws HoldfastException `invalid_argument` for another key
  ObjectStub withIdempotencyKey(String key);

  /// Sends a message: the object's public method of that name and number of parameters is called
  /// once, later; nobody hears of its result. Only from inside an object.
  ///
  /// The message is stored with what the sending event writes and is gone when that is undone (a
  /// rolled back [Storage#transaction], a reset). It is delivered after that is durable, also after
  /// a crash, and messages of one object to another are carried out one after the other in the
  /// order in which they were sent. What the method wrote and that the message was carried out is
  /// one commit of the receiver, so a message that is delivered twice has its effect once.
  ///
  /// When the method throws, what it wrote is undone and it is tried again later, up to the limits
  /// of `holdfast.messages`; then the message is given up, see [ObjectContext#deadLetters]. A
  /// method that waits for anything but its storage, or calls [Storage#sync], commits in parts:
  /// what it wrote before stays, and when it fails after that the next try runs it from its
  /// beginning.
  ///
  /// @throws HoldfastException `wrong_state` outside of an object's events, `invalid_argument` for
  ///   arguments that are too large, `object_overloaded` when too many messages wait
  void send(String method, Object... arguments);

  /// The object as a Java interface whose calls are messages, see [#send]. The methods must return
  /// nothing.
  ///
  /// @throws IllegalArgumentException when the type is not an interface
  <T> T sender(Class<T> rpcInterface);

  /// Gives the object a home in another region, with its state, its alarm and its container; does
  /// nothing when it lives there. Returns when it answers there.
  ///
  /// Calls to the object wait meanwhile. It leaves when none of its events runs: inside the object
  /// itself this fails, and so it does for one whose events take longer than 2 s; it stays then.
  ///
  /// @param region a name of `holdfast.regions`
  /// @throws HoldfastException `invalid_argument` when there is no such region, or only one;
  ///   `jurisdiction_unavailable` when it is outside of the object's; `region_unreachable`,
  ///   `object_blocked`
  void move(String region);
}
