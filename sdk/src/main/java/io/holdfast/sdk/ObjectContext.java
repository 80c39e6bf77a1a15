package io.holdfast.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/// What an object sees of its runtime. Use it only on the threads that run the object's events.
public interface ObjectContext {
  /// The id; its name is known when the object was ever addressed by name.
  ObjectId id();

  /// The object's own database.
  Storage storage();

  /// Calls of the object's own methods at a later time.
  Schedules schedules();

  /// The object's container, when its namespace has one in the app descriptor.
  Optional<ContainerHandle> container();

  /// Keeps all other events out while the task runs, also while it waits; up to 30 s. When it
  /// throws or takes longer, the object is reset.
  <T> T blockConcurrencyWhile(Callable<T> task) throws Exception;

  /// Runs a task as an event of its own, after the current one; keeps the object in memory until it
  /// ends.
  void waitUntil(Callable<?> task);

  /// Runs code that blocks (a socket, a lock, a future) and lets other events enter meanwhile. It
  /// begins once all earlier writes are durable, because it may tell the world of them. The code
  /// must not use the object's context.
  <T> T blocking(Callable<T> task) throws Exception;

  /// Waits, and lets other events enter meanwhile.
  void sleep(Duration duration);

  /// Resets the object at once: this event and all others in it end with an error `object_reset` of
  /// this reason, memory is dropped, storage goes on from the last durable write. Never returns;
  /// what it throws is not to be caught.
  default ObjectResetError abort(String reason) {
    return abort(reason, RetryAlarm.YES);
  }

  /// As [#abort(String)].
  ///
  /// @param retryAlarm what becomes of the alarm whose `alarm()` is running: it is run again like
  ///   one that failed, or given up. An alarm that was set meanwhile and is durable stays
  ObjectResetError abort(String reason, RetryAlarm retryAlarm);

  /// The messages of this object that were given up.
  DeadLetters deadLetters();

  /// Accepts a WebSocket. Its messages become events of this object, see
  /// [DurableObject#webSocketMessage]; the object may leave memory meanwhile and is brought back by
  /// the next one. Up to 32,768 sockets per object.
  ///
  /// @param server the server end of a [WebSocketPair]
  /// @param tags at most 10 of at most 256 characters each; what occurs twice counts once
  /// @return the socket as the handlers will see it
  /// @throws HoldfastException `wrong_state` when it was accepted before, or there are too many;
  ///   `invalid_argument` for too many or too long tags
  WebSocket acceptWebSocket(WebSocket server, String... tags);

  /// The accepted sockets that are open, in the order in which they were accepted.
  List<WebSocket> webSockets();

  /// As [#webSockets()], those with the tag.
  List<WebSocket> webSockets(String tag);

  /// The tags of an accepted socket.
  List<String> tags(WebSocket ws);

  /// From now on a text message that equals the request is answered without the object: it is not
  /// woken, and the answer does not wait for its writes. Holds for all sockets of the object, until
  /// it has none and is out of memory: set it in the constructor.
  void setWebSocketAutoResponse(WebSocketAutoResponse pair);

  /// Messages are no longer answered without the object.
  void clearWebSocketAutoResponse();

  Optional<WebSocketAutoResponse> webSocketAutoResponse();

  /// When the socket was last answered without the object.
  Optional<Instant> webSocketAutoResponseTimestamp(WebSocket ws);

  /// How long a handler of a WebSocket may run; then its thread is interrupted. Not limited unless
  /// set; holds as long as [#setWebSocketAutoResponse].
  ///
  /// @param timeout 1 ms to 7 days; empty: not limited
  /// @throws HoldfastException `invalid_argument` outside of that
  void setWebSocketEventTimeout(Optional<Duration> timeout);

  Optional<Duration> webSocketEventTimeout();

  /// Where the object lives, such as `local`.
  String region();

  /// The name of the object, when known.
  default Optional<String> name() {
    return id().name();
  }
}
