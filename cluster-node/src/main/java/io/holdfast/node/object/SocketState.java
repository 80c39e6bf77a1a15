package io.holdfast.node.object;

import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.WebSocketAutoResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What changes about a WebSocket that outlives its object's stay on a node.
///
/// @param attachment as it was serialized
/// @param autoResponse of all sockets of the object
/// @param eventTimeout of all sockets of the object
record SocketState(
    byte @Nullable [] attachment,
    Optional<Instant> autoResponseAt,
    Optional<WebSocketAutoResponse> autoResponse,
    Optional<Duration> eventTimeout) {
  private static final long NONE = -1;

  void write(RowBytes.Out out) throws IOException {
    out.writeBoolean(attachment != null);
    if (attachment != null) {
      out.bytes(attachment);
    }
    out.writeLong(autoResponseAt.map(Instant::toEpochMilli).orElse(NONE));
    out.writeBoolean(autoResponse.isPresent());
    if (autoResponse.isPresent()) {
      out.text(autoResponse.get().request());
      out.text(autoResponse.get().response());
    }
    out.writeLong(eventTimeout.map(Duration::toMillis).orElse(NONE));
  }

  static SocketState read(RowBytes.In in) throws IOException {
    byte[] attachment = in.readBoolean() ? in.bytes() : null;
    long at = in.readLong();
    Optional<WebSocketAutoResponse> auto =
        in.readBoolean()
            ? Optional.of(new WebSocketAutoResponse(in.text(), in.text()))
            : Optional.empty();
    long timeout = in.readLong();
    return new SocketState(
        attachment,
        at == NONE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(at)),
        auto,
        timeout == NONE ? Optional.empty() : Optional.of(Duration.ofMillis(timeout)));
  }

  byte[] bytes() {
    return RowBytes.written(this::write);
  }

  static SocketState of(byte[] bytes) {
    return RowBytes.read("the state of a WebSocket", bytes, SocketState::read);
  }
}
