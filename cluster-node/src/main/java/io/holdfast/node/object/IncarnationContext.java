package io.holdfast.node.object;

import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.DeadLetters;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.RetryAlarm;
import io.holdfast.sdk.Schedules;
import io.holdfast.sdk.Storage;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/// What an object sees of its [Incarnation].
final class IncarnationContext implements ObjectContext {
  private final Incarnation incarnation;
  private final Optional<ContainerHandle> container;

  IncarnationContext(Incarnation incarnation) {
    this.incarnation = incarnation;
    this.container = incarnation.containerHandle();
  }

  @Override
  public ObjectId id() {
    return incarnation.id();
  }

  @Override
  public Storage storage() {
    return incarnation.storage();
  }

  @Override
  public Schedules schedules() {
    return incarnation.schedules();
  }

  @Override
  public Optional<ContainerHandle> container() {
    return container;
  }

  @Override
  public <T> T blockConcurrencyWhile(Callable<T> task) throws Exception {
    return incarnation.closed(task);
  }

  @Override
  public void waitUntil(Callable<?> task) {
    incarnation.background(incarnation.turn().context, task);
  }

  @Override
  public <T> T blocking(Callable<T> task) throws Exception {
    return incarnation.yieldForEffect(task);
  }

  @Override
  public void sleep(Duration duration) {
    Unchecked.call(() ->
        incarnation.yieldWhile(() -> {
          Thread.sleep(duration);
          return true;
        }));
  }

  @Override
  public ObjectResetError abort(String reason, RetryAlarm retryAlarm) {
    incarnation.turn();
    if (retryAlarm == RetryAlarm.NO) {
      incarnation.abandonAlarm();
    }
    throw incarnation.reset(new ObjectCallException(ErrorCode.OBJECT_RESET, "Error", reason));
  }

  @Override
  public DeadLetters deadLetters() {
    return incarnation.mail();
  }

  @Override
  public WebSocket acceptWebSocket(WebSocket server, String... tags) {
    return incarnation.sockets().accept(server, tags);
  }

  @Override
  public List<WebSocket> webSockets() {
    return incarnation.sockets().open();
  }

  @Override
  public List<WebSocket> webSockets(String tag) {
    return incarnation.sockets().open(tag);
  }

  @Override
  public List<String> tags(WebSocket ws) {
    return incarnation.sockets().own(ws).tags();
  }

  @Override
  public void setWebSocketAutoResponse(WebSocketAutoResponse pair) {
    incarnation.sockets().autoResponse(pair);
  }

  @Override
  public void clearWebSocketAutoResponse() {
    incarnation.sockets().autoResponse(null);
  }

  @Override
  public Optional<WebSocketAutoResponse> webSocketAutoResponse() {
    return incarnation.sockets().owner().autoResponse();
  }

  @Override
  public Optional<Instant> webSocketAutoResponseTimestamp(WebSocket ws) {
    return incarnation.sockets().own(ws).autoResponseAt();
  }

  @Override
  public void setWebSocketEventTimeout(Optional<Duration> timeout) {
    incarnation.sockets().eventTimeout(timeout);
  }

  @Override
  public Optional<Duration> webSocketEventTimeout() {
    return incarnation.sockets().owner().eventTimeout();
  }

  @Override
  public String region() {
    return incarnation.services().settings().region();
  }
}
