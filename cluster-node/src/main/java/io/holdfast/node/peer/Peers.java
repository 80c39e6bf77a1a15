package io.holdfast.node.peer;

import com.typesafe.config.Config;
import io.holdfast.node.tls.NodeTls;
import io.holdfast.node.tls.TlsExtension;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/// The other nodes of the cluster, as this one sees them. Thread-safe; no method blocks.
public final class Peers implements Extension {
  private static final Id ID = new Id();
  private static final String NAME = "holdfast-peers";

  /** What a node is asked for that is to be called on a line. */
  private static final String CALLS = "calls";

  private static final Duration TICK = Duration.ofMillis(250);

  /** Who has not answered by then was asked again, or is gone. */
  private static final Duration ASKED_MAX = Duration.ofSeconds(30);

  private final PeerServer server;
  private final PeerClient client;
  private final PeerCalls calls;
  private final AtomicLong ids = new AtomicLong();
  private final ActorRef<PeerMessage> self;
  private final ActorSystem<Void> system;
  private final String region;
  private volatile AlarmIndex.Listener alarmSet = (_, _) -> {};
  private volatile Consumer<PeerMessage.ObjectMoved> objectMoved = _ -> {};
  private volatile Consumer<String> pong = _ -> {};
  private final Map<Long, CompletableFuture<byte[]>> questions = new ConcurrentHashMap<>();
  private final Map<String, Supplier<byte[]>> answers = new ConcurrentHashMap<>();
  private final Map<String, Answerer> answerers = new ConcurrentHashMap<>();

  /// Who waits for an answer. Must not block.
  public interface Caller {
    void answered(byte[] answer);

    /// A node has the call.
    ///
    /// @param region of that node
    void taken(ActorRef<PeerMessage> by, String region);

    /// The node that was called does not have the object: nothing was done.
    void isElsewhere();

    /// No answer will come.
    ///
    /// @param why a sentence without its subject: "was not taken by any node"
    void lost(String why);
  }

  /// Who is called by other nodes. Must not block.
  @FunctionalInterface
  public interface CallReceiver {
    /// @param call as it was given to [#call]
    /// @param origin the address of the node that calls
    /// @param answer takes the answer, once
    /// @return false when its object is not here: then nothing was done
    boolean receive(byte[] call, String origin, Consumer<byte[]> answer);
  }

  private Peers(ExtendedActorSystem system) {
    Config config = system.settings().config();
    Optional<NodeTls> tls = TlsExtension.of(system);
    server =
        new PeerServer(
            config.getString("pekko.remote.artery.canonical.hostname"),
            config.getInt("holdfast.cluster.peer-port"),
            config.getInt("holdfast.cluster.peer-bind-port"),
            tls);
    client = new PeerClient(tls);
    this.system = Adapter.toTyped(system);
    calls =
        new PeerCalls(
            this::self, ActorRefResolver.get(this.system), client, node -> ask(node, CALLS));
    RemoteRef taker = server.offer(calls::take);
    answers(CALLS, () -> RowBytes.written(taker::write));
    region = config.getString("holdfast.region");
    system.registerOnTermination(this::close);
    self = this.system.systemActorOf(behavior(), NAME, Props.empty());
  }

  /// The extension of this system; it listens from the first call on.
  public static Peers get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  private void close() {
    server.close();
    client.close();
  }

  // ---- streams
  // ------------------------------------------------------------------------------------------------

  /// Offers a stream to whoever gets the reference, once.
  public RemoteRef offer(InputStream in) {
    return server.offer(in);
  }

  /// Offers the other side of an end of a WebSocket.
  public RemoteRef offer(SocketEnd end) {
    return server.offer(end);
  }

  /// What another node offers, which is asked for when it is first read.
  public InputStream stream(RemoteRef ref) {
    return client.stream(ref);
  }

  /// Connects an end of a WebSocket to what a node offers.
  public void connect(RemoteRef ref, SocketEnd end) {
    if (ref.at().equals(server.address())) {
      server
          .takeBack(ref)
          .ifPresentOrElse(
              offered -> Splice.of(offered, end),
              () -> end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false));
    } else {
      client.connect(ref, end);
    }
  }

  // ---- news
  // ---------------------------------------------------------------------------------------------------

  /// Tells another node something.
  public void tell(Address node, PeerMessage message) {
    at(node).tell(message);
  }

  private ActorRef<PeerMessage> at(Address node) {
    return ActorRefResolver.get(system).resolveActorRef(node + "/system/" + NAME);
  }

  /// Tells all other nodes that are members something.
  public void tellAll(PeerMessage message) {
    Cluster cluster = Cluster.get(system);
    for (Member member : cluster.state().getMembers()) {
      if (!member.address().equals(cluster.selfMember().address())) {
        tell(member.address(), message);
      }
    }
  }

  /// What this node says when it is asked about something.
  ///
  /// @param answer up to some 100 KB; more is offered as a stream. Must not block
  public void answers(String about, Supplier<byte[]> answer) {
    answers.put(about, answer);
  }

  /// As the other, for what depends on more.
  ///
  /// @param topic what questions begin with, before a space
  public void answers(String topic, Answerer answerer) {
    answerers.put(topic, answerer);
  }

  /// Answers questions.
  @FunctionalInterface
  public interface Answerer {
    /// Must not block.
    ///
    /// @param rest of the question, behind its topic
    /// @param from the peers of the node that asks
    CompletableFuture<byte[]> answer(String rest, ActorRef<PeerMessage> from);
  }

  /// Asks a node about something; one that has nothing to say does not answer.
  public CompletableFuture<byte[]> ask(Address node, String about) {
    return ask(at(node), about);
  }

  private CompletableFuture<byte[]> ask(ActorRef<PeerMessage> node, String about) {
    long id = ids.incrementAndGet();
    CompletableFuture<byte[]> answer =
        new CompletableFuture<byte[]>().orTimeout(ASKED_MAX.toMillis(), TimeUnit.MILLISECONDS);
    questions.put(id, answer);
    answer.whenComplete((_, _) -> questions.remove(id));
    node.tell(new PeerMessage.Ask(id, about, self));
    return answer;
  }

  /// Asks a node to answer, for [#onPong].
  public void ping(Address node) {
    tell(node, new PeerMessage.Ping(self));
  }

  /// Who hears of answers, by the region of the node.
  public void onPong(Consumer<String> listener) {
    pong = listener;
  }

  /// A node cannot be reached: whoever waits for its answers waits in vain.
  public void isSilent(Address node) {
    self.tell(new PeerMessage.NodeSilent(node.toString()));
  }

  /// Who hears of objects that have moved.
  public void onObjectMoved(Consumer<PeerMessage.ObjectMoved> listener) {
    objectMoved = listener;
  }

  /// Who hears of alarms that were set on other nodes and are looked at here.
  public void onAlarmSet(AlarmIndex.Listener listener) {
    alarmSet = listener;
  }

  // ---- calls
  // --------------------------------------------------------------------------------------------------

  /// Whom the answers to calls of this node are sent to.
  public ActorRef<PeerMessage> self() {
    return self;
  }

  /// What this node is called among its peers, in this life of it.
  public String name() {
    return nameOf(self);
  }

  /// What another node is called.
  public String nameOf(ActorRef<PeerMessage> other) {
    return ActorRefResolver.get(system).toSerializationFormat(other);
  }

  /// The address of a node of that name.
  public Address addressOf(String name) {
    return ActorRefResolver.get(system).resolveActorRef(name).path().address();
  }

  /// A call leaves this node.
  ///
  /// @return its id, from 1
  public long leaves(Caller caller) {
    return calls.leaves(caller);
  }

  /// A call could not leave after all.
  public void stays(long id, String why) {
    calls.lose(id, why);
  }

  /// A call of another node has arrived.
  public void arrived(ActorRef<PeerMessage> origin, long id) {
    calls.arrived(origin, id);
    origin.tell(new PeerMessage.Taken(id, self, region));
  }

  /// Answers a call that has arrived.
  public void answer(ActorRef<PeerMessage> origin, long id, byte[] answer) {
    calls.answer(origin, id, answer);
  }

  /// Calls a node at once, beside sharding, as far as there is a line to it; otherwise one is made,
  /// for the next time.
  ///
  /// @return false when it was not called
  public boolean call(ActorRef<PeerMessage> node, Supplier<byte[]> call, Caller caller) {
    return calls.call(node, call, caller);
  }

  /// Who is called by other nodes.
  public void onCall(CallReceiver receiver) {
    calls.onCall(receiver);
  }

  private Behavior<PeerMessage> behavior() {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          timers.startTimerWithFixedDelay(PeerMessage.Local.TICK, TICK);
          hearOf(ClusterEvent.MemberRemoved.class, context);
          hearOf(ClusterEvent.MemberDowned.class, context);
          return Behaviors.receiveMessage(message -> {
            receive(message);
            return Behaviors.same();
          });
        }));
  }

  private static <E extends ClusterEvent.MemberEvent> void hearOf(
      Class<E> event, ActorContext<PeerMessage> context) {
    ActorRef<E> adapter =
        context.messageAdapter(
            event, left -> new PeerMessage.NodeLeft(left.member().address().toString()));
    Cluster.get(context.getSystem()).subscriptions().tell(new Subscribe<>(adapter, event));
  }

  private void receive(PeerMessage message) {
    switch (message) {
      case PeerMessage.Taken taken -> calls.taken(taken);
      case PeerMessage.Answered(long id, byte[] answer) -> calls.answered(id, answer);
      case PeerMessage.AreThere question -> {
        List<Long> gone = calls.gone(question);
        if (!gone.isEmpty()) {
          question.from().tell(new PeerMessage.AreGone(gone));
        }
      }
      case PeerMessage.AreGone(List<Long> gone) -> gone.forEach(calls::isGone);
      case PeerMessage.AlarmSet(String objectKey, long atMillis) ->
          alarmSet.alarmSet(objectKey, atMillis);
      case PeerMessage.ObjectMoved moved -> objectMoved.accept(moved);
      case PeerMessage.Ask(long id, String about, ActorRef<PeerMessage> from) -> {
        Supplier<byte[]> answer = answers.get(about);
        int space = about.indexOf(' ');
        Answerer answerer = space < 0 ? null : answerers.get(about.substring(0, space));
        if (answer != null) {
          from.tell(new PeerMessage.Told(id, answer.get()));
        } else if (answerer != null) {
          var _ =
              answerer
                  .answer(about.substring(space + 1), from)
                  .thenAccept(told -> from.tell(new PeerMessage.Told(id, told)));
        }
      }
      case PeerMessage.Told(long id, byte[] answer) -> {
        CompletableFuture<byte[]> question = questions.get(id);
        if (question != null) {
          question.complete(answer);
        }
      }
      case PeerMessage.Ping(ActorRef<PeerMessage> from) -> from.tell(new PeerMessage.Pong(region));
      case PeerMessage.Pong(String from) -> pong.accept(from);
      case PeerMessage.NodeLeft(String address) -> calls.nodeLeft(address);
      case PeerMessage.NodeSilent(String address) ->
          calls.loseTakenAt(address, "was taken by a node that cannot be reached any more");
      case PeerMessage.Local.TICK -> {
        server.dropOld();
        calls.look();
      }
    }
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<Peers> implements ExtensionIdProvider {
    @Override
    public Peers createExtension(ExtendedActorSystem system) {
      return new Peers(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
