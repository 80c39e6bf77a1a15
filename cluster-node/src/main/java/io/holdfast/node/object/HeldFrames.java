package io.holdfast.node.object;

import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Frames that wait until the writes made before them are durable, and the effect that leaves after
/// them.
final class HeldFrames implements OutputGate.Effect {
  static final String LOST = "Durable Object connection closed because the object was reset.";
  private static final int FRAME_OVERHEAD = 64;

  private final List<Frame> frames = new ArrayList<>();
  private final FrameBudget budget;
  private long bytes;
  private @Nullable Object lastContent;
  private OutputGate.Effect effect = ObjectEvent.NOTHING;

  private sealed interface Frame {
    HeldSocket socket();
  }

  private record Message(HeldSocket socket, SocketMessage message) implements Frame {}

  private record Close(HeldSocket socket, int code, String reason) implements Frame {}

  HeldFrames(FrameBudget budget) {
    this.budget = budget;
    budget.begin();
  }

  void add(HeldSocket socket, SocketMessage message) {
    Object content =
        switch (message) {
          case SocketMessage.Text(String text) -> text;
          case SocketMessage.Binary(byte[] array) -> array;
        };
    // The same message to many sockets is in memory once.
    take(FRAME_OVERHEAD + (content == lastContent ? 0 : message.weight()));
    lastContent = content;
    frames.add(new Message(socket, message));
  }

  void addClose(HeldSocket socket, int code, String reason) {
    take(FRAME_OVERHEAD);
    frames.add(new Close(socket, code, reason));
  }

  private void take(int more) {
    budget.take(more);
    bytes += more;
  }

  OutputGate.Effect before(OutputGate.Effect last) {
    effect = last;
    return this;
  }

  boolean hasPredecessors() {
    return !budget.isOnly();
  }

  void discard() {
    budget.end(bytes);
  }

  @Override
  public void release() {
    for (Frame frame : frames) {
      switch (frame) {
        case Message(HeldSocket socket, SocketMessage message) -> socket.sendNow(message);
        case Close(HeldSocket socket, int code, String reason) -> socket.closeNow(code, reason);
      }
    }
    budget.end(bytes);
    effect.release();
  }

  /// The clients must learn that they missed something.
  @Override
  public void fail(HoldfastException reason) {
    frames.forEach(frame -> frame.socket().drop(CloseCodes.INTERNAL_ERROR, LOST));
    budget.end(bytes);
    effect.fail(reason);
  }
}
