package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketMessage;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/*
 * Frames and the output gate. A frame that owes nothing to a write leaves where it is sent. After a write that is not
 * durable, frames wait for the next point at which the turn hands over what it committed (its end, or a wait): so an event
 * that writes once and tells a thousand sockets makes one commit. They leave together, in order, before the effect of that
 * point.
 *
 * What the actor releases and what a turn sends by itself are two threads. Order is kept by a rule: a turn sends by itself
 * only when nothing that it sent before is still with the actor.
 */
/// The sockets of an object as one life of it sees them. Belongs to the turn, but for [#leave].
final class LiveSockets {
  private static final int TAGS_MAX = 10;
  private static final int TAG_CHARS_MAX = 256;
  private static final Duration EVENT_TIMEOUT_MAX = Duration.ofMillis(604_800_000);

  private final Incarnation incarnation;
  private final SocketRegistry registry;
  private final FrameBudget budget = new FrameBudget();
  private @Nullable HeldFrames unsent;
  private volatile @Nullable ObjectSockets owner;
  private boolean over;
  private volatile boolean leaving;

  LiveSockets(Incarnation incarnation, SocketRegistry registry) {
    this.incarnation = incarnation;
    this.registry = registry;
  }

  /// The object's sockets; looked up on first use.
  ///
  /// @throws HoldfastException `wrong_state` outside of a turn
  ObjectSockets owner() {
    incarnation.turn();
    ObjectSockets known = owner;
    if (known == null) {
      known = enter();
      edges(known).ifPresent(SocketEdges::learn);
    }
    return known;
  }

  private ObjectSockets enter() {
    ObjectAddress address = new ObjectAddress(incarnation.address().namespace(), incarnation.id());
    synchronized (this) {
      if (over) {
        throw incarnation.ended();
      }
      ObjectSockets entered = registry.enter(address);
      owner = entered;
      return entered;
    }
  }

  private Optional<SocketEdges> edges(ObjectSockets sockets) {
    return registry.clients().map(clients -> new SocketEdges(incarnation, sockets, clients));
  }

  /// Clients of a node wait.
  void resume(String edge) {
    ObjectSockets sockets = owner();
    edges(sockets).ifPresent(edges -> edges.resume(edge));
  }

  /// The life is over: after this call nobody but the actor gives it events. Any thread.
  void leave(HoldfastException why) {
    ObjectSockets left;
    synchronized (this) {
      beginLeaving();
      left = over ? null : owner;
      over = true;
    }
    if (left != null) {
      left.cutShort(why);
      registry.leave(left);
    }
  }

  /// The life may be about to end: after this call nobody but the actor gives it events, until
  /// [#stay].
  void beginLeaving() {
    leaving = true;
    ObjectSockets known = owner;
    if (known != null) {
      known.retire(incarnation);
    }
  }

  void stay() {
    leaving = false;
  }

  boolean takesStraight() {
    return !leaving;
  }

  ValueCodec codec() {
    return incarnation.codec();
  }

  // ---- what ObjectContext offers
  // ------------------------------------------------------------------------------

  WebSocket accept(WebSocket server, String... tags) {
    ObjectSockets sockets = owner();
    List<String> checked = checked(tags);
    Optional<String> origin = incarnation.turn().context.origin();
    HeldSocket socket =
        sockets.accept(
            PairedSocket.take(server), checked, kept(sockets, origin, checked), origin.isEmpty());
    ((PairedSocket) server).bind(socket);
    return socket;
  }

  private Optional<KeptSocket> kept(
      ObjectSockets sockets, Optional<String> origin, List<String> tags) {
    return registry
        .clients()
        .map(clients -> {
          String edge = origin.orElse(clients.node());
          long generation = new SocketEdges(incarnation, sockets, clients).generation(edge);
          return new KeptSocket(incarnation.address(), UUID.randomUUID(), edge, generation, tags);
        });
  }

  private static List<String> checked(String... tags) {
    Set<String> different = new LinkedHashSet<>(List.of(tags));
    if (different.size() > TAGS_MAX) {
      throw invalid("a Hibernatable WebSocket cannot have more than 10 tags");
    }
    for (String tag : different) {
      if (tag.length() > TAG_CHARS_MAX) {
        throw invalid(
            "a tag of a Hibernatable WebSocket cannot be longer than 256 characters, found "
                + tag.length());
      }
    }
    return List.copyOf(different);
  }

  List<WebSocket> open() {
    return List.copyOf(owner().open());
  }

  List<WebSocket> open(String tag) {
    return List.copyOf(owner().open(tag));
  }

  HeldSocket own(WebSocket socket) {
    ObjectSockets sockets = owner();
    WebSocket wanted = socket instanceof PairedSocket paired ? paired.accepted() : socket;
    if (wanted instanceof HeldSocket held && held.owner() == sockets) {
      return held;
    }
    throw invalid("expected a WebSocket that this Durable Object accepted, found another");
  }

  void autoResponse(@Nullable WebSocketAutoResponse pair) {
    owner().autoResponse(pair);
  }

  void eventTimeout(Optional<Duration> timeout) {
    timeout.ifPresent(LiveSockets::check);
    owner().eventTimeout(timeout.orElse(null));
  }

  private static void check(Duration timeout) {
    if (timeout.toMillis() < 1 || timeout.compareTo(EVENT_TIMEOUT_MAX) > 0) {
      throw invalid(
          "expected an event timeout of 1 to 604800000 ms, found " + timeout.toMillis() + " ms");
    }
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_ARGUMENT, message);
  }

  // ---- frames
  // -------------------------------------------------------------------------------------------------

  void send(HeldSocket socket, SocketMessage message) {
    if (mayLeaveNow()) {
      socket.sendNow(message);
    } else {
      unsent().add(socket, message);
    }
  }

  void close(HeldSocket socket, int code, String reason) {
    if (mayLeaveNow()) {
      socket.closeNow(code, reason);
    } else {
      unsent().addClose(socket, code, reason);
    }
  }

  private boolean mayLeaveNow() {
    return unsent == null && budget.isEmpty() && incarnation.isDurable();
  }

  private HeldFrames unsent() {
    HeldFrames frames = unsent;
    if (frames == null) {
      frames = new HeldFrames(budget);
      unsent = frames;
    }
    return frames;
  }

  boolean hasUnsent() {
    return unsent != null;
  }

  /// The frames that leave at this point of the turn, with the effect behind them.
  OutputGate.Effect before(OutputGate.Effect effect) {
    HeldFrames frames = unsent;
    unsent = null;
    return frames == null ? effect : frames.before(effect);
  }

  /// Whether frames of an earlier point have not left yet, so that those of this one may not.
  boolean mustWait(OutputGate.Effect effect) {
    return effect instanceof HeldFrames frames && frames.hasPredecessors();
  }

  /// The event that sent them was undone with its life: nobody is told of it.
  void discardUnsent() {
    HeldFrames frames = unsent;
    unsent = null;
    if (frames != null) {
      frames.discard();
    }
  }
}
