package io.holdfast.node.object;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A socket that an object accepted. One and the same through all lives of the object: whoever
/// calls it is known by the turn of the calling thread.
final class HeldSocket implements WebSocket, SocketReceiver {
  static final int ATTACHMENT_BYTES_MAX = 16_384;

  private static final Runnable NOBODY_WAITS = () -> {};

  private final ObjectSockets owner;
  private final SocketEnd end;
  private final List<String> tags;

  /** In a cluster. */
  private final Optional<KeptSocket> kept;

  /** Whether the client is connected to this node, and to nothing in between. */
  private final boolean direct;

  /** Of a direct one in a cluster: what its object is not done with, in order. */
  private final Deque<SocketEvent> unsettled = new ArrayDeque<>();

  /** Completes once its object has left and is done with all that it had begun. */
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  /** Whoever is at the other end waits for it here when its object is not here any more. */
  private @Nullable KeptClient left;

  /** Whether it goes on elsewhere. The owner's monitor, as the next two. */
  boolean gone;

  /** Whether nobody knows what became of one of its events. */
  boolean cutShort;

  /** How many of its events run. */
  int running;

  private volatile byte @Nullable [] attachment;
  private volatile @Nullable Instant autoResponseAt;
  private volatile State state = State.OPEN;

  private enum State {
    OPEN,
    /** The object's code has closed it. */
    CLOSED_HERE,
    /** The client has, or is gone. */
    CLOSED_THERE
  }

  /// One that was accepted here.
  ///
  /// @param kept in a cluster
  HeldSocket(
      ObjectSockets owner,
      SocketEnd end,
      List<String> tags,
      Optional<KeptSocket> kept,
      boolean direct) {
    this.owner = owner;
    this.end = end;
    this.tags = tags;
    this.kept = kept;
    this.direct = direct;
  }

  /// One that was accepted on another node.
  HeldSocket(ObjectSockets owner, SocketEnd end, KeptSocket kept, SocketState state) {
    this(owner, end, kept.tags(), Optional.of(kept), false);
    attachment = state.attachment();
    autoResponseAt = state.autoResponseAt().orElse(null);
  }

  /// What outlives its object's stay here, in a cluster.
  Optional<KeptSocket> kept() {
    return kept;
  }

  boolean isDirect() {
    return direct;
  }

  SocketState state() {
    return new SocketState(
        attachment, autoResponseAt(), owner.autoResponse(), owner.eventTimeout());
  }

  /// Tells the node of the client what is to outlive this one.
  void tellState() {
    if (kept.isPresent() && !direct) {
      end.state(state().bytes());
    }
  }

  ObjectSockets owner() {
    return owner;
  }

  List<String> tags() {
    return tags;
  }

  Optional<Instant> autoResponseAt() {
    return Optional.ofNullable(autoResponseAt);
  }

  // ---- for the object's code
  // ----------------------------------------------------------------------------------

  /** The life of the object that the calling thread runs an event of. */
  private LiveSockets live() {
    if (Turn.CURRENT.isBound()) {
      LiveSockets live = Turn.CURRENT.get().incarnation.sockets();
      if (live.owner() == owner) {
        return live;
      }
    }
    throw new HoldfastException(
        ErrorCode.WRONG_STATE,
        "expected a call from an event of object "
            + owner.address()
            + ", whose WebSocket this is, found thread '"
            + Thread.currentThread().getName()
            + "'");
  }

  @Override
  public void send(String text) {
    send(new SocketMessage.Text(text));
  }

  @Override
  public void send(byte[] bytes) {
    send(new SocketMessage.Binary(bytes));
  }

  private void send(SocketMessage message) {
    LiveSockets live = live();
    if (state == State.CLOSED_HERE) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "Can't call WebSocket send() after close().");
    }
    if (message.tooLong()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a message of at most " + SocketMessage.BYTES_MAX + " bytes, found more");
    }
    live.send(this, message);
  }

  @Override
  public void close(int code, String reason) {
    LiveSockets live = live();
    if (!CloseCodes.mayBeSent(code)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "Invalid WebSocket close code: " + code + ".");
    }
    int length = reason.getBytes(StandardCharsets.UTF_8).length;
    if (length > CloseCodes.REASON_BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a close reason of at most "
              + CloseCodes.REASON_BYTES_MAX
              + " bytes, found "
              + length);
    }
    if (state == State.OPEN) {
      state = State.CLOSED_HERE;
      owner.closing(this);
      live.close(this, code, reason);
    }
  }

  @Override
  public void serializeAttachment(Object value) {
    byte[] bytes = live().codec().toCbor(value);
    if (bytes.length > ATTACHMENT_BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "A WebSocket 'attachment' cannot be larger than 16384 bytes. 'attachment' was "
              + bytes.length
              + " bytes.");
    }
    attachment = bytes;
    tellState();
  }

  @Override
  public <T> Optional<T> deserializeAttachment(Class<T> type) {
    LiveSockets live = live();
    byte[] bytes = attachment;
    return bytes == null
        ? Optional.empty()
        : Optional.ofNullable(live.codec().fromCbor(bytes, type));
  }

  @Override
  public boolean isOpen() {
    return state == State.OPEN;
  }

  // ---- to the client, once it may
  // -----------------------------------------------------------------------------

  void sendNow(SocketMessage message) {
    end.send(message, NOBODY_WAITS);
  }

  void closeNow(int code, String reason) {
    end.close(code, reason, true);
  }

  /// Closes the connection from the runtime's side.
  void drop(int code, String reason) {
    if (state == State.OPEN) {
      state = State.CLOSED_HERE;
      owner.closing(this);
    }
    end.close(code, reason, true);
  }

  /// What became of an event of it is not known, or nobody will run it: the client has to connect
  /// again.
  void giveUp(int code, String reason) {
    KeptClient next;
    synchronized (this) {
      next = left;
    }
    if (next == null) {
      drop(code, reason);
    } else {
      next.drop(KeptClient.UNKNOWN);
    }
  }

  void closeUnlessConnected() {
    if (!end.connected()) {
      closed(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    }
  }

  // ---- from the client
  // ----------------------------------------------------------------------------------------

  @Override
  public void message(SocketMessage message, Runnable taken) {
    WebSocketAutoResponse auto = owner.autoResponse().orElse(null);
    if (auto != null
        && message instanceof SocketMessage.Text(String text)
        && text.equals(auto.request())) {
      autoResponseAt = Instant.now();
      end.send(new SocketMessage.Text(auto.response()), taken);
    } else {
      submit(new FromClient.Message(message, taken));
    }
  }

  @Override
  public void failed(HoldfastException error) {
    submit(new FromClient.Failed(error));
  }

  @Override
  public void closed(int code, String reason, boolean clean) {
    if (code == CloseCodes.YIELD) {
      depart();
      return;
    }
    if (code == CloseCodes.LEFT) {
      return;
    }
    if (state == State.OPEN) {
      state = State.CLOSED_THERE;
    }
    FromClient.Closed closed = new FromClient.Closed(code, reason, clean);
    // First in, then out of the list: what the owner keeps must outlast this event.
    submit(closed);
    if (kept.isEmpty() || direct) {
      answer(closed);
    }
    owner.closing(this);
  }

  private void answer(FromClient.Closed closed) {
    end.close(CloseCodes.forwarded(closed.code()), "", true);
  }

  private void submit(FromClient what) {
    SocketEvent event = new SocketEvent(this, what);
    KeptClient next = unsettledElseLeft(event);
    if (next == null) {
      owner.submit(event);
    } else {
      next.add(what);
    }
  }

  private synchronized @Nullable KeptClient unsettledElseLeft(SocketEvent event) {
    if (left == null && kept.isPresent() && direct) {
      unsettled.add(event);
    }
    return left;
  }

  // ---- its object is elsewhere
  // --------------------------------------------------------------------------------

  /// The object is not on this node any more: what it has not begun to handle goes to where it is.
  void depart() {
    if (kept.isEmpty()) {
      drop(CloseCodes.SERVICE_RESTART, "Durable Object is moving.");
      return;
    }
    if (!owner.leave(this)) {
      return;
    }
    state = State.CLOSED_THERE;
    if (direct) {
      keepClient(kept.get());
    } else {
      leaveWhenDone();
    }
  }

  private void keepClient(KeptSocket socket) {
    KeptClients clients = owner.registry().clients().orElseThrow();
    synchronized (this) {
      KeptClient client = new KeptClient(clients, socket, end, state(), done);
      clients.keep(client);
      unsettled.stream().filter(event -> !event.begun).forEach(event -> client.add(event.what()));
      unsettled.removeIf(event -> !event.begun);
      left = client;
    }
    tellWhenDone();
  }

  /** Not under the monitor: whoever waits for it goes on at once. */
  private void tellWhenDone() {
    boolean isDone;
    synchronized (this) {
      isDone = left != null && unsettled.isEmpty();
    }
    if (isDone) {
      done.complete(null);
    }
  }

  private void leaveWhenDone() {
    if (owner.isDone(this)) {
      tellState();
      end.close(CloseCodes.LEFT, "", true);
    }
  }

  /// An event of it has ended, or will not run.
  void settled(SocketEvent event) {
    synchronized (this) {
      unsettled.remove(event);
    }
    tellWhenDone();
    if (event.begun || !owner.hasLeft(this)) {
      event.what().taken();
      if (event.what() instanceof FromClient.Closed closed && kept.isPresent() && !direct) {
        answer(closed);
      }
    }
    if (!direct && owner.hasLeft(this)) {
      leaveWhenDone();
    }
  }

  @Override
  public String toString() {
    return "WebSocket of " + owner.address() + " " + tags;
  }
}
