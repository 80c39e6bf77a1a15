package io.holdfast.node.object;

import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Two ways into the object. Through sharding an event finds its object wherever it is, by way of three mailboxes. While a
 * life of the object is known to be here, events go straight into its queue instead.
 *
 * The order of a socket must not suffer when the way changes. So an event goes straight only when none is astray: sent
 * through sharding, or put into the queue of an earlier life, and not yet begun. A life that ends or is about to leave
 * memory first retires under this monitor: after that nothing comes straight any more, and what is in its queue is handed
 * to the next life by the actor.
 */
/// The accepted sockets of one object, and the way of what happens to them into the object.
///
/// At most [#IN_OBJECT_MAX] of their events are in the object at a time, so that sockets leave room
/// for calls; the others wait here in order, while the edge reads no more from sockets whose
/// messages wait. Thread-safe.
final class ObjectSockets {
  static final int SOCKETS_MAX = 32_768;
  static final int IN_OBJECT_MAX = 256;
  static final int THROUGH_SHARDING = -1;

  /** With these nobody knows whether an event has done something, or it will never run. */
  private static final Set<ErrorCode> OF_THE_RUNTIME =
      EnumSet.of(
          ErrorCode.STORAGE_FAILED,
          ErrorCode.STORAGE_FULL,
          ErrorCode.STORAGE_OVERLOADED,
          ErrorCode.STORAGE_CORRUPT,
          ErrorCode.OBJECT_UNAVAILABLE,
          ErrorCode.REGION_UNREACHABLE);

  private static final Logger log = LoggerFactory.getLogger(ObjectSockets.class);

  private final ObjectAddress address;
  private final SocketRegistry registry;
  private final Set<HeldSocket> open = new LinkedHashSet<>();
  private final Map<String, Set<HeldSocket>> byTag = new HashMap<>();
  private final ArrayDeque<SocketEvent> waiting = new ArrayDeque<>();
  private final Map<String, Long> edges = new HashMap<>();
  private int inObject;
  private int lives;

  private @Nullable Incarnation here;
  private int life;
  private int notBegun;
  private int astray;
  private volatile @Nullable WebSocketAutoResponse autoResponse;
  private volatile @Nullable Duration eventTimeout;

  ObjectSockets(ObjectAddress address, SocketRegistry registry) {
    this.address = address;
    this.registry = registry;
  }

  ObjectAddress address() {
    return address;
  }

  SocketRegistry registry() {
    return registry;
  }

  // ---- which there are
  // ----------------------------------------------------------------------------------------

  /// Takes a socket in; its client's messages come from now on.
  ///
  /// @param kept in a cluster
  /// @param direct whether its client is connected to this node
  /// @throws HoldfastException `wrong_state` when there are too many
  HeldSocket accept(SocketEnd end, List<String> tags, Optional<KeptSocket> kept, boolean direct) {
    HeldSocket socket = new HeldSocket(this, end, tags, kept, direct);
    synchronized (this) {
      if (open.size() >= SOCKETS_MAX) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "only 32,768 WebSockets can be accepted on a single Durable Object");
      }
      add(socket);
    }
    end.attach(socket);
    registry.expectClient(socket);
    return socket;
  }

  private void add(HeldSocket socket) {
    open.add(socket);
    socket
        .tags()
        .forEach(tag -> byTag.computeIfAbsent(tag, _ -> new LinkedHashSet<>()).add(socket));
  }

  /// Takes in a socket that was accepted on another node.
  void adopt(KeptClients.Resumed resumed, KeptClients clients) {
    SocketEnd end = SocketEnd.open();
    HeldSocket socket = new HeldSocket(this, end, resumed.socket(), resumed.state());
    if (autoResponse == null) {
      autoResponse = resumed.state().autoResponse().orElse(null);
    }
    if (eventTimeout == null) {
      eventTimeout = resumed.state().eventTimeout().orElse(null);
    }
    synchronized (this) {
      add(socket);
    }
    end.attach(socket);
    clients.connect(resumed.offered(), end.other());
  }

  synchronized List<HeldSocket> open() {
    return new ArrayList<>(open);
  }

  synchronized List<HeldSocket> open(String tag) {
    return new ArrayList<>(byTag.getOrDefault(tag, Set.of()));
  }

  /// The socket is no longer open; does nothing the second time.
  void closing(HeldSocket socket) {
    synchronized (this) {
      if (open.remove(socket)) {
        socket.tags().forEach(tag -> forget(tag, socket));
      }
    }
    registry.forgetIfUnused(this);
  }

  // ---- those that go on elsewhere
  // -----------------------------------------------------------------------------

  /// From now on no event of it begins here.
  ///
  /// @return whether that is new
  boolean leave(HeldSocket socket) {
    synchronized (this) {
      if (socket.gone) {
        return false;
      }
      socket.gone = true;
      waiting.removeIf(event -> event.socket() == socket);
      socket.kept().ifPresent(kept -> edges.remove(kept.edge()));
    }
    closing(socket);
    return true;
  }

  synchronized boolean hasLeft(HeldSocket socket) {
    return socket.gone;
  }

  /// Whether it has left, and no event of it runs any more.
  synchronized boolean isDone(HeldSocket socket) {
    return socket.gone && socket.running == 0;
  }

  // ---- where clients are, in a cluster
  // ------------------------------------------------------------------------

  /// The clients of a node are here.
  synchronized void knows(String edge, long generation) {
    edges.put(edge, generation);
  }

  synchronized boolean hasAsked(String edge) {
    return edges.containsKey(edge);
  }

  synchronized void knowsNoEdge() {
    edges.clear();
  }

  synchronized boolean hasClientAt(String edge) {
    return open.stream()
        .anyMatch(socket -> socket.kept().filter(it -> it.edge().equals(edge)).isPresent());
  }

  /// Lets go of the clients of nodes that the object does not know any more.
  void keepOnly(Map<String, Long> generations) {
    for (HeldSocket socket : open()) {
      if (socket.kept().filter(it -> !isOf(generations, it)).isPresent()) {
        socket.drop(CloseCodes.SERVICE_RESTART, "Durable Object is moving.");
      }
    }
  }

  private static boolean isOf(Map<String, Long> generations, KeptSocket socket) {
    Long generation = generations.get(socket.edge());
    return generation != null && generation == socket.generation();
  }

  private void forget(String tag, HeldSocket socket) {
    byTag.computeIfPresent(
        tag,
        (key, sockets) -> {
          sockets.remove(socket);
          return sockets.isEmpty() ? null : sockets;
        });
  }

  synchronized void livesChanged(int by) {
    lives += by;
  }

  synchronized boolean isUnused() {
    return lives == 0 && open.isEmpty() && inObject == 0 && waiting.isEmpty();
  }

  // ---- what holds for all of them
  // -----------------------------------------------------------------------------

  Optional<WebSocketAutoResponse> autoResponse() {
    return Optional.ofNullable(autoResponse);
  }

  void autoResponse(@Nullable WebSocketAutoResponse pair) {
    autoResponse = pair;
    open().forEach(HeldSocket::tellState);
  }

  Optional<Duration> eventTimeout() {
    return Optional.ofNullable(eventTimeout);
  }

  void eventTimeout(@Nullable Duration timeout) {
    eventTimeout = timeout;
    open().forEach(HeldSocket::tellState);
  }

  // ---- events
  // -------------------------------------------------------------------------------------------------

  /** An event on its way. */
  private record Sent(SocketEvent event, CompletableFuture<Boolean> end) {}

  /// Events of one socket run in the order in which they are submitted.
  void submit(SocketEvent event) {
    Sent sent = sendElseWait(event);
    if (sent != null) {
      watch(sent);
    }
  }

  private synchronized @Nullable Sent sendElseWait(SocketEvent event) {
    if (event.socket().gone) {
      return null; // It is kept where the client is.
    }
    if (inObject >= IN_OBJECT_MAX) {
      waiting.add(event);
      return null;
    }
    return send(event);
  }

  /** Under the monitor, so that no later event overtakes this one; sending never blocks. */
  private Sent send(SocketEvent event) {
    inObject++;
    notBegun++;
    Incarnation straight = astray == 0 ? here : null;
    event.life = straight == null ? THROUGH_SHARDING : life;
    if (straight == null) {
      astray++;
      return new Sent(event, registry.run(address, event));
    }
    return new Sent(event, registry.run(address, event, straight));
  }

  private void watch(Sent sent) {
    var _ = sent.end.whenComplete((done, failure) -> ended(sent.event, failure));
  }

  /// The object begins to handle an event, in this life.
  ///
  /// @return whether it may: not when the socket goes on elsewhere, nor a message behind one of
  ///   which nobody knows what became
  synchronized boolean mayBegin(SocketEvent event, Incarnation in) {
    if (event.socket().gone
        || (event.socket().cutShort && event.what() instanceof FromClient.Message)) {
      return false;
    }
    event.begun = true;
    event.socket().running++;
    notWaiting(event);
    if (here != in && in.sockets().takesStraight()) {
      retire();
      here = in;
    }
    return true;
  }

  /// A life has ended before what it had begun was done. For a reason of the runtime nobody knows
  /// what became of that, and nothing that its clients have sent behind it may be done: they are to
  /// connect again.
  void cutShort(HoldfastException why) {
    if (!isOfTheRuntime(why, why.code())) {
      return;
    }
    List<HeldSocket> cut;
    synchronized (this) {
      cut = open.stream().filter(socket -> socket.running > 0).toList();
      cut.forEach(socket -> socket.cutShort = true);
    }
    cut.forEach(socket -> socket.giveUp(CloseCodes.INTERNAL_ERROR, HeldFrames.LOST));
  }

  private void notWaiting(SocketEvent event) {
    notBegun--;
    if (event.life != life) {
      astray--;
    }
  }

  /// From now on no event goes straight to this life.
  synchronized void retire(Incarnation last) {
    if (here == last) {
      retire();
    }
  }

  private void retire() {
    here = null;
    life++;
    astray = notBegun;
  }

  /** A loop, because one that is refused at once ends at once. */
  private void ended(SocketEvent event, @Nullable Throwable why) {
    SocketEvent ended = event;
    Throwable failure = why;
    Sent next = free(ended);
    settle(ended, failure);
    while (next != null && next.end.isDone()) {
      ended = next.event;
      failure = next.end.isCompletedExceptionally() ? next.end.exceptionNow() : null;
      next = free(ended);
      settle(ended, failure);
    }
    if (next != null) {
      watch(next);
    }
  }

  /** Lets the next one in. */
  private synchronized @Nullable Sent free(SocketEvent ended) {
    inObject--;
    if (ended.begun) {
      ended.socket().running--;
    } else {
      notWaiting(ended);
    }
    SocketEvent next = waiting.poll();
    return next == null ? null : send(next);
  }

  private void settle(SocketEvent ended, @Nullable Throwable failure) {
    if (failure != null) {
      failed(ended, failure);
    }
    ended.socket().settled(ended);
    registry.forgetIfUnused(this);
  }

  /** What user code threw was logged where it was thrown. The connection goes on. */
  private void failed(SocketEvent event, Throwable failure) {
    Throwable cause = StoredFutures.cause(failure);
    ErrorCode code = cause instanceof HoldfastException known ? known.code() : ErrorCode.INTERNAL;
    if (!event.begun && code == ErrorCode.OBJECT_UNAVAILABLE) {
      log.debug("{} is not here: {}", address, cause.getMessage());
      event.socket().depart();
      return;
    }
    if (code != ErrorCode.OBJECT_FAILED) {
      log.warn("{}: {} failed: {}", address, event.what().handler(), cause.getMessage());
    }
    if (!event.begun && code == ErrorCode.OBJECT_OVERLOADED) {
      event.socket().drop(CloseCodes.TRY_AGAIN_LATER, "Durable Object is overloaded.");
    } else if (isOfTheRuntime(cause, code)) {
      event.socket().giveUp(CloseCodes.INTERNAL_ERROR, HeldFrames.LOST);
    }
  }

  /** What the object's own code has brought about costs the message and not the connection. */
  private static boolean isOfTheRuntime(Throwable cause, ErrorCode code) {
    boolean ofObjectCode =
        cause instanceof ObjectCallException known
            && known.origin() == ObjectCallException.Origin.OBJECT_CODE;
    return !ofObjectCode && OF_THE_RUNTIME.contains(code);
  }
}
