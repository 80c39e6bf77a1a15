package io.holdfast.node.object;

import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.peer.RemoteRef;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.Cluster;

/// The clients of this node's edge whose objects are elsewhere: they wait when their object moves,
/// or its node dies, and are handed over to where it is next. Thread-safe.
public final class KeptClients implements Extension, KeptClient.Keeper {
  private static final Id ID = new Id();
  private static final String SOCKETS = "sockets";
  private static final String STRUCK_OFF = "struck-off";
  private static final String NAME = "name";
  private static final Executor VIRTUAL =
      task -> Thread.ofVirtual().name("resumed-sockets").start(task);

  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
  private static final Duration RESUME_AGAIN = Duration.ofMillis(250);
  private static final Duration RESUME_MAX = Duration.ofSeconds(30);

  private final Map<String, Set<KeptClient>> byObject = new ConcurrentHashMap<>();
  private final Map<String, Set<KeptClient>> byLostOwner = new ConcurrentHashMap<>();
  private final Set<String> resuming = ConcurrentHashMap.newKeySet();
  private final Peers peers;
  private final Cluster cluster;
  private volatile Function<ObjectAddress, CompletableFuture<RpcResult>> toObject;
  private volatile Consumer<ObjectAddress> release = _ -> {};

  private KeptClients(ExtendedActorSystem system) {
    peers = Peers.get(system);
    cluster = Cluster.get(system);
    toObject = object -> CompletableFuture.failedFuture(ShardedGateway.unreachable(object));
    peers.answers(SOCKETS, this::handOver);
    peers.answers(STRUCK_OFF, this::struckOff);
    peers.answers(NAME, () -> RowBytes.written(out -> out.text(peers.name())));
  }

  /// The extension of this system.
  public static KeptClients get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// @param resume wakes an object and tells it that clients wait here
  /// @param release has the clients of this node that are connected to an object directly kept here
  void connect(
      Function<ObjectAddress, CompletableFuture<RpcResult>> resume,
      Consumer<ObjectAddress> release) {
    this.toObject = resume;
    this.release = release;
  }

  /// The address of this node.
  String node() {
    return cluster.selfMember().address().toString();
  }

  /// What this node is called among peers, in this life of it.
  String name() {
    return peers.name();
  }

  // ---- clients that are kept here
  // -----------------------------------------------------------------------------

  /// Keeps a client whose object is on another node.
  ///
  /// @param client the end towards the client
  /// @param owner what the other node is called among peers
  /// @param offered its end of the connection
  void keep(
      KeptSocket socket, SocketEnd client, SocketState state, String owner, RemoteRef offered) {
    if (!socket.edge().equals(node())) {
      // It was meant for another node, which is not there any more or has passed it on.
      peers.connect(offered, client);
      return;
    }
    KeptClient kept =
        new KeptClient(this, socket, client, state, CompletableFuture.completedFuture(null));
    keep(kept);
    SocketEnd link = SocketEnd.open();
    kept.link(link, owner);
    peers.connect(offered, link.other());
    client.attach(kept);
  }

  void keep(KeptClient client) {
    byObject.compute(
        client.socket().object().key(),
        (_, known) -> {
          Set<KeptClient> all = known == null ? ConcurrentHashMap.newKeySet() : known;
          all.add(client);
          return all;
        });
  }

  @Override
  public void forget(KeptClient client) {
    byObject.computeIfPresent(
        client.socket().object().key(),
        (_, all) -> {
          all.remove(client);
          return all.isEmpty() ? null : all;
        });
  }

  private List<KeptClient> of(ObjectAddress object) {
    return List.copyOf(byObject.getOrDefault(object.key(), Set.of()));
  }

  // ---- to where the object is
  // ---------------------------------------------------------------------------------

  @Override
  public void resume(ObjectAddress object) {
    if (resuming.add(object.key())) {
      Thread.ofVirtual().name("resume-sockets").start(() -> resumeUntilTaken(object));
    }
  }

  private void resumeUntilTaken(ObjectAddress object) {
    long deadline = System.nanoTime() + RESUME_MAX.toNanos();
    try {
      while (of(object).stream().anyMatch(KeptClient::waits)) {
        if (System.nanoTime() > deadline) {
          of(object).forEach(KeptClient::giveUp);
          return;
        }
        if (!resumed(object)) {
          Thread.sleep(RESUME_AGAIN);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      resuming.remove(object.key());
      // What came in this very moment found somebody who had already looked.
      if (of(object).stream().anyMatch(KeptClient::waits)) {
        resume(object);
      }
    }
  }

  private boolean resumed(ObjectAddress object) {
    try {
      toObject.apply(object).get(RESUME_MAX.toMillis(), TimeUnit.MILLISECONDS);
      return of(object).stream().noneMatch(KeptClient::waits);
    } catch (Exception e) { // It is told by what waits, in the end.
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return false;
    }
  }

  /** Which clients a question between nodes is about. */
  private record Clients(long generation, ObjectAddress object) {
    static Clients of(String text) {
      int space = text.indexOf(' ');
      return new Clients(
          Long.parseLong(text.substring(0, space)), ObjectAddress.parse(text.substring(space + 1)));
    }

    String text() {
      return generation + " " + object.key();
    }
  }

  private CompletableFuture<byte[]> handOver(String question, ActorRef<PeerMessage> from) {
    Clients asked = Clients.of(question);
    String owner = peers.nameOf(from);
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("hand-over-sockets")
        .start(() -> answer.complete(handOver(asked.object(), asked.generation(), owner)));
    return answer;
  }

  private CompletableFuture<byte[]> struckOff(String question, ActorRef<PeerMessage> from) {
    Clients told = Clients.of(question);
    release.accept(told.object());
    of(told.object()).forEach(client -> client.dropIfOf(told.generation()));
    return CompletableFuture.completedFuture(new byte[0]);
  }

  private byte[] handOver(ObjectAddress object, long generation, String owner) {
    if (!owner.equals(peers.name())) {
      release.accept(object);
    }
    List<CompletableFuture<Optional<KeptClient.Offer>>> asked =
        of(object).stream().map(client -> client.handOver(generation, owner)).toList();
    List<KeptClient.Offer> offers = asked.stream().flatMap(offer -> offer.join().stream()).toList();
    byte[] list =
        RowBytes.written(out -> {
          out.writeInt(offers.size());
          for (KeptClient.Offer offer : offers) {
            offer.socket().write(out);
            offer.state().write(out);
            peers.offer(offer.end()).write(out);
          }
        });
    return RowBytes.written(out -> peers.offer(new ByteArrayInputStream(list)).write(out));
  }

  // ---- owners that are gone
  // -----------------------------------------------------------------------------------

  /// A node that is gone left its objects to others; one that is not has told its object that the
  /// client is.
  @Override
  public void lost(KeptClient client, String owner) {
    boolean[] first = {false};
    byLostOwner.compute(
        owner,
        (_, known) -> {
          first[0] = known == null;
          Set<KeptClient> all = known == null ? ConcurrentHashMap.newKeySet() : known;
          all.add(client);
          return all;
        });
    if (first[0]) {
      Thread.ofVirtual().name("lost-owner").start(() -> awaitTheTruth(owner));
    }
  }

  private void awaitTheTruth(String owner) {
    Address address = peers.addressOf(owner);
    boolean isThere =
        answer(address, NAME)
            .map(answer -> RowBytes.read("the name of a node", answer, RowBytes.In::text))
            .filter(owner::equals)
            .isPresent();
    // Whoever comes later begins anew.
    Set<KeptClient> clients = byLostOwner.remove(owner);
    if (isThere && clients != null) {
      clients.forEach(client -> client.stillThere(owner));
    }
  }

  @Override
  public boolean isThere(String owner) {
    return isMember(peers.addressOf(owner));
  }

  private boolean isMember(Address address) {
    for (var member : cluster.state().getMembers()) {
      if (member.address().equals(address)) {
        return true;
      }
    }
    return false;
  }

  // ---- for objects of this node
  // -------------------------------------------------------------------------------

  /// A client of some node, from now on of an object here.
  ///
  /// @param offered to be connected to
  record Resumed(KeptSocket socket, SocketState state, RemoteRef offered) {}

  /// Asks a node for the clients of an object that is here.
  ///
  /// @param edge the address of the node
  /// @return fails when the node is gone or does not answer
  CompletableFuture<List<Resumed>> ask(String edge, ObjectAddress object, long generation) {
    Address address = AddressFromURIString.parse(edge);
    if (!isMember(address)) {
      return CompletableFuture.failedFuture(
          new HoldfastException(ErrorCode.REGION_UNREACHABLE, edge + " is not a member"));
    }
    return peers
        .ask(address, SOCKETS + " " + new Clients(generation, object).text())
        .orTimeout(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .thenApplyAsync(this::resumed, VIRTUAL);
  }

  /// Tells a node that did not answer, as soon as it does, that its clients of that generation are
  /// none of the object any more.
  void strikeOff(String edge, ObjectAddress object, long generation) {
    Address address = AddressFromURIString.parse(edge);
    String told = STRUCK_OFF + " " + new Clients(generation, object).text();
    Thread.ofVirtual()
        .name("strike-off")
        .start(() -> {
          var _ = answer(address, told);
        });
  }

  /** Waits for it as long as the node is a member; empty when it is not any more. */
  private Optional<byte[]> answer(Address node, String question) {
    while (isMember(node)) {
      try {
        return Optional.of(
            peers.ask(node, question).get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS));
      } catch (ExecutionException | TimeoutException _) {
        // It may be gone; whether it is, its membership tells.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private List<Resumed> resumed(byte[] answer) {
    RemoteRef ref = RowBytes.read("sockets of another node", answer, RemoteRef::read);
    try (InputStream in = peers.stream(ref)) {
      return RowBytes.read("sockets of another node", in.readAllBytes(), KeptClients::readAll);
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.OBJECT_UNAVAILABLE, "sockets of another node did not come: " + e, e);
    }
  }

  private static List<Resumed> readAll(RowBytes.In in) throws IOException {
    List<Resumed> all = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      all.add(new Resumed(KeptSocket.read(in), SocketState.read(in), RemoteRef.read(in)));
    }
    return all;
  }

  void connect(RemoteRef offered, SocketEnd end) {
    peers.connect(offered, end);
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<KeptClients>
      implements ExtensionIdProvider {
    @Override
    public KeptClients createExtension(ExtendedActorSystem system) {
      return new KeptClients(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
