package io.holdfast.sdk;

/// A named, durable actor: extend it with a public class that has a public constructor of the same
/// two parameters.
///
/// One instance lives at a time, and one event runs at a time. Fields survive from event to event
/// until the object leaves memory (10 s without an event, a crash, a move): what must survive goes
/// to [ObjectContext#storage()]. An answer leaves only after all writes made before it are durable.
/// While code waits for anything but storage (another object, a container, an outbound request,
/// [ObjectContext#sleep]) other events may enter.
///
/// Public methods that the class adds are its RPC methods, see [ObjectStub#as].
public abstract class DurableObject {
  /// What the runtime gives this object. Use it only on the threads that run its events.
  protected final ObjectContext ctx;

  /// The bindings of the app.
  protected final Env env;

  protected DurableObject(ObjectContext ctx, Env env) {
    this.ctx = ctx;
    this.env = env;
  }

  /// Answers an HTTP request sent to this object.
  public Response fetch(Request request) throws Exception {
    throw new HoldfastException(
        ErrorCode.METHOD_NOT_FOUND, "Handler does not export a fetch() function.");
  }

  /// Runs when the alarm set with [Storage#setAlarm] is due: never early, at least once. When it
  /// throws it is called again after 2, 4, 8, 16, 32 and 64 s (with jitter), then the alarm is
  /// dropped.
  public void alarm(AlarmInfo info) throws Exception {
    throw new HoldfastException(
        ErrorCode.METHOD_NOT_FOUND, "Handler does not export an alarm() function.");
  }

  /// Runs when a message that this object sent was given up, as an event of its own. The letter
  /// stays in [ObjectContext#deadLetters] until it is sent again or dropped. Does nothing unless
  /// overridden; what it throws is logged.
  public void onDeadLetter(DeadLetter letter) throws Exception {}

  /// Runs for each text message of a WebSocket accepted with [ObjectContext#acceptWebSocket], in
  /// the order of that socket; the object comes back to memory for it if need be. When it throws,
  /// the connection goes on.
  public void webSocketMessage(WebSocket ws, String text) throws Exception {
    throw new HoldfastException(
        ErrorCode.METHOD_NOT_FOUND, "Handler does not export a webSocketMessage() function.");
  }

  /// As [#webSocketMessage(WebSocket, String)], for a binary message.
  public void webSocketMessage(WebSocket ws, byte[] bytes) throws Exception {
    throw new HoldfastException(
        ErrorCode.METHOD_NOT_FOUND, "Handler does not export a webSocketMessage() function.");
  }

  /// Runs when a connection has ended, whoever closed it; the close frame is answered already. Tags
  /// and attachment of the socket can still be read.
  ///
  /// @param code 1005 when the close frame had none, 1006 when there was no close frame
  /// @param wasClean whether the close handshake was done
  public void webSocketClose(WebSocket ws, int code, String reason, boolean wasClean)
      throws Exception {}

  /// Runs when a connection broke because of what the client sent: bytes that are no WebSocket, or
  /// a message that is too long. [#webSocketClose] follows.
  public void webSocketError(WebSocket ws, Throwable error) throws Exception {}
}
