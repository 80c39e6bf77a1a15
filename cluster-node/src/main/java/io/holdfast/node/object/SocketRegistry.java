package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The accepted sockets of all objects, apart from the objects themselves: a connection lives on
/// while its object is out of memory or begins anew.
///
/// An entry stays as long as its object has sockets, events of sockets that have not run, or a life
/// in memory that asked for it.
final class SocketRegistry {
  /** How long an accepted socket may be without a client: its response may never be sent. */
  private static final long CONNECT_MAX_MILLIS = 60_000;

  private final ConcurrentMap<String, ObjectSockets> byObject = new ConcurrentHashMap<>();
  private final ShardedGateway gateway;
  private final ScheduledExecutorService timer;
  private volatile Optional<KeptClients> clients = Optional.empty();

  SocketRegistry(ShardedGateway gateway, ScheduledExecutorService timer) {
    this.gateway = gateway;
    this.timer = timer;
  }

  /// Sockets outlive their object's stay on this node from now on.
  void connect(KeptClients kept) {
    kept.connect(object -> gateway.resume(object, kept.node()), this::release);
    clients = Optional.of(kept);
  }

  /// Present in a cluster.
  Optional<KeptClients> clients() {
    return clients;
  }

  /** An object is elsewhere: its clients that are connected here are kept for it. */
  private void release(ObjectAddress object) {
    ObjectSockets sockets = byObject.get(object.key());
    if (sockets != null) {
      sockets.open().stream().filter(HeldSocket::isDirect).forEach(HeldSocket::depart);
    }
  }

  /// The sockets of an object, for one of its lives; [#leave] ends it.
  ObjectSockets enter(ObjectAddress address) {
    return byObject.compute(
        address.key(),
        (key, known) -> {
          ObjectSockets sockets = known == null ? new ObjectSockets(address, this) : known;
          sockets.livesChanged(1);
          return sockets;
        });
  }

  void leave(ObjectSockets sockets) {
    sockets.livesChanged(-1);
    forgetIfUnused(sockets);
  }

  void forgetIfUnused(ObjectSockets sockets) {
    if (sockets.isUnused()) {
      byObject.computeIfPresent(
          sockets.address().key(),
          (key, known) -> known == sockets && sockets.isUnused() ? null : known);
    }
  }

  /// Sends an event to the object, wherever it lives.
  CompletableFuture<Boolean> run(ObjectAddress address, SocketEvent event) {
    return gateway.run(address, event);
  }

  /// Puts an event into the queue of a life of the object.
  CompletableFuture<Boolean> run(ObjectAddress address, SocketEvent event, Incarnation life) {
    CompletableFuture<Boolean> reply = new CompletableFuture<>();
    life.submit(gateway.hook(address, event, reply));
    return reply;
  }

  /// Gives a socket up unless a client is connected to it soon.
  void expectClient(HeldSocket socket) {
    var _ = timer.schedule(socket::closeUnlessConnected, CONNECT_MAX_MILLIS, TimeUnit.MILLISECONDS);
  }

  ScheduledExecutorService timer() {
    return timer;
  }
}
