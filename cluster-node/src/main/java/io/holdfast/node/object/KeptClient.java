package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * What comes from the client is kept until the object is done with it. When the object's node gives the socket back (LEFT),
 * whatever it is not done with goes to the next, in order: nothing is lost and nothing is there twice. When the node is gone
 * without a word, nobody knows what it has done of what was with it: then the client is told by a close, unless nothing was.
 *
 * Under the monitor things are handed to ends of connections, which never wait.
 */
/// A client's WebSocket on the node where the client is connected, while its object is on another
/// one, or on its way. Thread-safe.
final class KeptClient implements SocketReceiver {
  static final String UNKNOWN =
      "The node of the Durable Object is gone; what it has done is unknown.";
  static final String GIVEN_UP = "Durable Object cannot be reached.";
  private static final String MISSED = "Durable Object is moving.";

  /** How long a node that is there may take to give a socket back. */
  private static final Duration YIELD_MAX = Duration.ofMillis(1_500);

  private final Keeper keeper;
  private final KeptSocket socket;
  private final SocketEnd client;
  private final CompletableFuture<Void> earlier;
  private final Deque<FromClient> pending = new ArrayDeque<>();
  private SocketState state;
  private @Nullable Link link;
  private @Nullable String lostOwner;
  private boolean clientClosed;
  private boolean objectClosed;
  private boolean over;

  /// Who keeps clients.
  interface Keeper {
    /// Something waits for the object: wherever it is, it comes for it.
    void resume(ObjectAddress object);

    /// The connection to a client's owner broke.
    void lost(KeptClient client, String owner);

    void forget(KeptClient client);

    /// Whether a node of that name may be alive.
    boolean isThere(String owner);
  }

  /** Where the object is. */
  private final class Link implements SocketReceiver {
    private final SocketEnd end;
    private final String owner;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Whether it was asked back: what comes meanwhile waits for the next one. */
    private boolean askedBack;

    Link(SocketEnd end, String owner) {
      this.end = end;
      this.owner = owner;
    }

    @Override
    public void message(SocketMessage message, Runnable taken) {
      if (isCurrent(this)) {
        client.send(message, taken);
      } else {
        taken.run();
      }
    }

    @Override
    public void state(byte[] bytes) {
      changed(this, SocketState.of(bytes));
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      switch (code) {
        case CloseCodes.LEFT -> left(this);
        case CloseCodes.ABNORMAL -> gone(this);
        default -> closedByObject(this, code, reason, clean);
      }
      ended.complete(null);
    }
  }

  /// @param client the end towards the client; who attaches to it passes on what comes
  /// @param earlier until then nobody knows what became of what came before: the next node waits,
  ///   for what comes later must not be stored without it
  KeptClient(
      Keeper keeper,
      KeptSocket socket,
      SocketEnd client,
      SocketState state,
      CompletableFuture<Void> earlier) {
    this.earlier = earlier;
    this.keeper = keeper;
    this.socket = socket;
    this.client = client;
    this.state = state;
  }

  KeptSocket socket() {
    return socket;
  }

  // ---- from the client
  // ----------------------------------------------------------------------------------------

  @Override
  public void message(SocketMessage message, Runnable taken) {
    add(new FromClient.Message(message, taken));
  }

  @Override
  public void failed(HoldfastException error) {
    add(new FromClient.Failed(error));
  }

  @Override
  public void closed(int code, String reason, boolean clean) {
    add(new FromClient.Closed(code, reason, clean));
  }

  /// Something for the object, in the order in which it came.
  synchronized void add(FromClient item) {
    if (over) {
      item.taken();
      return;
    }
    clientClosed |= item instanceof FromClient.Closed;
    pending.add(item);
    if (link == null) {
      keeper.resume(socket.object());
    } else if (!link.askedBack) {
      pass(item, link);
      endWhenClosed();
    }
  }

  private void pass(FromClient item, Link to) {
    item.pass(to.end, () -> taken(item, to));
  }

  private void taken(FromClient item, Link by) {
    synchronized (this) {
      if (link != by || !pending.removeFirstOccurrence(item)) {
        return;
      }
    }
    item.taken();
  }

  // ---- to the object and back
  // ---------------------------------------------------------------------------------

  /// The object is at the other end from now on.
  ///
  /// @param owner what its node is called among peers
  void link(SocketEnd end, String owner) {
    Link next = new Link(end, owner);
    synchronized (this) {
      link = next;
      lostOwner = null;
      List.copyOf(pending).forEach(item -> pass(item, next));
    }
    end.attach(next);
  }

  private synchronized boolean isCurrent(Link from) {
    return link == from && !over;
  }

  private synchronized void changed(Link from, SocketState next) {
    if (link == from) {
      state = next;
    }
  }

  private synchronized void left(Link from) {
    from.end.close(CloseCodes.LEFT, "", true);
    if (link == from) {
      link = null;
      if (!pending.isEmpty()) {
        keeper.resume(socket.object());
      }
    }
  }

  private synchronized void gone(Link from) {
    if (link != from) {
      return;
    }
    link = null;
    if (pending.isEmpty()) {
      lostOwner = from.owner;
      keeper.lost(this, from.owner);
    } else {
      drop(UNKNOWN);
    }
  }

  private synchronized void closedByObject(Link from, int code, String reason, boolean clean) {
    if (link == from) {
      client.close(code, reason, clean);
      objectClosed = true;
      endWhenClosed();
    }
  }

  private void endWhenClosed() {
    if (clientClosed && objectClosed) {
      end();
    }
  }

  /// The object cannot have it any more: the client has to connect again.
  synchronized void drop(String why) {
    if (!over) {
      client.close(CloseCodes.SERVICE_RESTART, why, true);
      Link last = link;
      if (last != null) {
        last.end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
      }
      end();
    }
  }

  private void end() {
    over = true;
    link = null;
    List.copyOf(pending).forEach(FromClient::taken);
    pending.clear();
    keeper.forget(this);
  }

  /// The object has given up those of a generation.
  synchronized void dropIfOf(long generation) {
    if (socket.generation() == generation) {
      drop(MISSED);
    }
  }

  /// Whether something waits for the object to come for it.
  synchronized boolean waits() {
    return link == null && !pending.isEmpty();
  }

  /// Gives it up if the object did not come for what has waited for it.
  synchronized void giveUp() {
    if (waits()) {
      drop(GIVEN_UP);
    }
  }

  /// The node that had it is not gone, only its connection.
  synchronized void stillThere(String owner) {
    if (link == null && owner.equals(lostOwner)) {
      drop(MISSED);
    }
  }

  // ---- to the next node
  // ---------------------------------------------------------------------------------------

  /// For another node, or this one.
  record Offer(KeptSocket socket, SocketState state, SocketEnd end) {}

  /// The object is on the node that asks: offers the socket to it, unless it has it already.
  ///
  /// @param generation the one that the object knows
  /// @param owner what that node is called among peers
  CompletableFuture<Optional<Offer>> handOver(long generation, String owner) {
    Link old;
    synchronized (this) {
      if (socket.generation() != generation || owner.equals(lostOwner)) {
        drop(MISSED);
      }
      old = link;
      if (over || (old != null && old.owner.equals(owner))) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      if (old != null) {
        old.askedBack = true;
      }
    }
    if (old == null) {
      return earlier
          .copy()
          .completeOnTimeout(null, YIELD_MAX.toMillis(), TimeUnit.MILLISECONDS)
          .thenApply(_ -> {
            if (!earlier.isDone()) {
              drop(UNKNOWN);
            }
            return offer(owner);
          });
    }
    if (!keeper.isThere(old.owner)) {
      gone(old);
      return CompletableFuture.completedFuture(offer(owner));
    }
    old.end.close(CloseCodes.YIELD, "", true);
    return old.ended
        .copy()
        .completeOnTimeout(null, YIELD_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(_ -> {
          dropUnlessEnded(old);
          return offer(owner);
        });
  }

  /** What it has sent may come too late, for what the next one sends. */
  private synchronized void dropUnlessEnded(Link old) {
    if (link == old) {
      drop(MISSED);
    }
  }

  private synchronized Optional<Offer> offer(String owner) {
    if (over || link != null) {
      return Optional.empty();
    }
    SocketEnd end = SocketEnd.open();
    link(end, owner);
    return Optional.of(new Offer(socket, state, end.other()));
  }
}
