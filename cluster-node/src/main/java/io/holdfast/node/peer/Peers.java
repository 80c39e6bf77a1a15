package io.holdfast.node.peer;

import com.typesafe.config.Config;
import io.holdfast.node.peer.CallLine.Kind;
import io.holdfast.node.tls.NodeTls;
import io.holdfast.node.tls.TlsExtension;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
import org.jspecify.annotations.Nullable;

/*
 * A call that leaves this node is kept here until its answer comes. It is lost when nobody has taken it for a while, when the
 * node that took it is no member any more, or when that node does not know it any more although no answer came. Whether it
 * was carried out nobody knows then: that is what its caller is told.
 */
/// The other nodes of the cluster, as this one sees them. Thread-safe; no method blocks.
public final class Peers implements Extension {
  private static final Id ID = new Id();
  private static final String NAME = "holdfast-peers";

  /** What a node is asked for that is to be called on a line. */
  private static final String CALLS = "calls";

  private static final Duration TICK = Duration.ofMillis(250);

  /** A message is on its way for a fraction of that, or it never arrives. */
  private static final Duration TAKEN_MAX = Duration.ofSeconds(3);

  /** One that a member has not taken within this went to a node that is gone, when there is one. */
  private static final Duration TAKEN_BY_THE_LIVING = Duration.ofMillis(300);

  /** Who has not answered by then was asked again, or is gone. */
  private static final Duration ASKED_MAX = Duration.ofSeconds(30);

  private static final Duration ASK_AFTER = Duration.ofSeconds(5);

  private static final String ANSWER_IS_LOST = "was sent, or answered, and that is lost";

  private final PeerServer server;
  private final PeerClient client;
  private final CallLines lines;
  private final CallLine.Listener ownCalls = new OwnCalls();
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Sent> sent = new ConcurrentHashMap<>();
  private final Set<Served> served = ConcurrentHashMap.newKeySet();
  private final ActorRef<PeerMessage> self;
  private final ActorSystem<Void> system;
  private final String region;
  private final Set<CallsOfOther> others = ConcurrentHashMap.newKeySet();
  private volatile CallReceiver receiver = (_, _, _) -> false;
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

  private static final class Sent {
    private final Caller caller;
    private volatile long sinceNanos = System.nanoTime();
    private volatile @Nullable ActorRef<PeerMessage> takenBy;

    /** What it was sent on, as long as that is open. */
    private volatile @Nullable CallLine line;

    Sent(Caller caller) {
      this.caller = caller;
    }

    boolean isOlderThan(Duration age) {
      return System.nanoTime() - sinceNanos > age.toNanos();
    }
  }

  private record Served(ActorRef<PeerMessage> origin, long id) {}

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
    lines = new CallLines(client, node -> ask(node, CALLS));
    RemoteRef taker = server.offer(this::takeCalls);
    answers(CALLS, () -> RowBytes.written(taker::write));
    region = config.getString("holdfast.region");
    system.registerOnTermination(this::close);
    this.system = Adapter.toTyped(system);
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
    long id = ids.incrementAndGet();
    sent.put(id, new Sent(caller));
    return id;
  }

  /// A call could not leave after all.
  public void stays(long id, String why) {
    lose(id, why);
  }

  /// A call of another node has arrived.
  public void arrived(ActorRef<PeerMessage> origin, long id) {
    served.add(new Served(origin, id));
    origin.tell(new PeerMessage.Taken(id, self, region));
  }

  /// Answers a call that has arrived.
  public void answer(ActorRef<PeerMessage> origin, long id, byte[] answer) {
    origin.tell(new PeerMessage.Answered(id, answer));
    served.remove(new Served(origin, id));
  }

  // ---- calls on a line of their own
  // ----------------------------------------------------------------------------------------

  /// Calls a node at once, beside sharding, as far as there is a line to it; otherwise one is made,
  /// for the next time.
  ///
  /// @return false when it was not called
  public boolean call(ActorRef<PeerMessage> node, Supplier<byte[]> call, Caller caller) {
    CallLine line = lines.to(node).orElse(null);
    if (line == null) {
      lines.open(node, name(), ownCalls);
      return false;
    }
    byte[] bytes = call.get();
    long id = ids.incrementAndGet();
    Sent waiting = new Sent(caller);
    waiting.takenBy = node;
    waiting.line = line;
    sent.put(id, waiting);
    if (line.send(new CallLine.Frame(Kind.CALL, id, bytes))) {
      return true;
    }
    sent.remove(id);
    return false;
  }

  /// Who is called by other nodes.
  public void onCall(CallReceiver receiver) {
    this.receiver = receiver;
  }

  private void takeCalls(String caller, PeerLine connection) throws IOException {
    ActorRef<PeerMessage> origin = ActorRefResolver.get(system).resolveActorRef(caller);
    CallsOfOther calls = new CallsOfOther(origin);
    CallLine line = new CallLine(connection, calls);
    calls.line = line;
    others.add(calls);
    line.run();
  }

  /** Hears what becomes of the calls of this node. */
  private final class OwnCalls implements CallLine.Listener {
    @Override
    public void received(CallLine.Frame frame, CallLine line) {
      switch (frame.kind()) {
        case ANSWER -> answered(frame.id(), frame.bytes());
        case ELSEWHERE -> isElsewhere(frame.id());
        case GONE -> lose(frame.id(), ANSWER_IS_LOST);
        case CALL, IS_IT_THERE -> line.close(); // It is not the one that is called.
      }
    }

    private void isElsewhere(long id) {
      Sent call = sent.remove(id);
      if (call != null) {
        call.caller.isElsewhere();
      }
    }

    /** What was sent may have arrived: its node is asked about it, in a message. */
    @Override
    public void ended(CallLine line, List<CallLine.Frame> unsent) {
      unsent.stream()
          .filter(frame -> frame.kind() == Kind.CALL)
          .forEach(frame -> isElsewhere(frame.id()));
      sent.values().stream()
          .filter(call -> call.line == line)
          .forEach(call -> {
            call.line = null;
            call.sinceNanos = System.nanoTime() - ASK_AFTER.toNanos();
          });
    }
  }

  /** Takes the calls of another node. */
  private final class CallsOfOther implements CallLine.Listener {
    private final ActorRef<PeerMessage> origin;
    private final String address;
    private volatile @Nullable CallLine line;

    CallsOfOther(ActorRef<PeerMessage> origin) {
      this.origin = origin;
      this.address = origin.path().address().toString();
    }

    @Override
    public void received(CallLine.Frame frame, CallLine on) {
      long id = frame.id();
      switch (frame.kind()) {
        case CALL -> {
          Served call = new Served(origin, id);
          served.add(call);
          if (!receiver.receive(frame.bytes(), address, answer -> answer(call, answer, on))) {
            served.remove(call);
            boolean _ = on.send(new CallLine.Frame(Kind.ELSEWHERE, id));
          }
        }
        case IS_IT_THERE -> {
          if (!served.contains(new Served(origin, id))) {
            boolean _ = on.send(new CallLine.Frame(Kind.GONE, id));
          }
        }
        case ANSWER, ELSEWHERE, GONE -> on.close();
      }
    }

    private void answer(Served call, byte[] answer, CallLine on) {
      if (!on.send(new CallLine.Frame(Kind.ANSWER, call.id, answer))) {
        origin.tell(new PeerMessage.Answered(call.id, answer));
      }
      served.remove(call);
    }

    void closeIfOf(String other) {
      CallLine open = line;
      if (open != null && address.equals(other)) {
        open.close();
      }
    }

    @Override
    public void ended(CallLine line, List<CallLine.Frame> unsent) {
      others.remove(this);
      unsent.stream()
          .filter(frame -> frame.kind() == Kind.ANSWER)
          .forEach(frame -> origin.tell(new PeerMessage.Answered(frame.id(), frame.bytes())));
    }
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
      case PeerMessage.Taken(long id, ActorRef<PeerMessage> by, String where) -> {
        Sent call = sent.get(id);
        if (call != null) {
          call.sinceNanos = System.nanoTime();
          call.takenBy = by;
          call.caller.taken(by, where);
        }
      }
      case PeerMessage.Answered(long id, byte[] answer) -> answered(id, answer);
      case PeerMessage.AreThere(List<Long> asked, ActorRef<PeerMessage> from) -> {
        List<Long> gone =
            asked.stream().filter(id -> !served.contains(new Served(from, id))).toList();
        if (!gone.isEmpty()) {
          from.tell(new PeerMessage.AreGone(gone));
        }
      }
      case PeerMessage.AreGone(List<Long> gone) -> gone.forEach(id -> lose(id, ANSWER_IS_LOST));
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
      case PeerMessage.NodeLeft(String address) -> nodeLeft(address);
      case PeerMessage.NodeSilent(String address) ->
          loseTakenBy(address, "was taken by a node that cannot be reached any more");
      case PeerMessage.Local.TICK -> look();
    }
  }

  private void answered(long id, byte[] answer) {
    Sent call = sent.remove(id);
    if (call != null) {
      call.caller.answered(answer);
    }
  }

  private void lose(long id, String why) {
    Sent call = sent.remove(id);
    if (call != null) {
      call.caller.lost(why);
    }
  }

  private void nodeLeft(String address) {
    sent.forEach((id, call) -> {
      ActorRef<PeerMessage> by = call.takenBy;
      if (by == null && call.isOlderThan(TAKEN_BY_THE_LIVING)) {
        lose(id, "was sent to a node that is gone");
      }
    });
    loseTakenBy(address, "was taken by a node that is gone");
    served.removeIf(call -> call.origin.path().address().toString().equals(address));
    others.forEach(calls -> calls.closeIfOf(address));
  }

  private void loseTakenBy(String address, String why) {
    lines.close(address);
    sent.forEach((id, call) -> {
      ActorRef<PeerMessage> by = call.takenBy;
      if (by != null && by.path().address().toString().equals(address)) {
        lose(id, why);
      }
    });
  }

  private void look() {
    server.dropOld();
    Map<ActorRef<PeerMessage>, List<Long>> questions = new HashMap<>();
    sent.forEach((id, call) -> {
      ActorRef<PeerMessage> by = call.takenBy;
      if (by == null && call.isOlderThan(TAKEN_MAX)) {
        lose(id, "was not taken by any node in time");
      } else if (by != null && call.isOlderThan(ASK_AFTER)) {
        call.sinceNanos = System.nanoTime();
        CallLine line = call.line;
        if (line == null || !line.send(new CallLine.Frame(Kind.IS_IT_THERE, id))) {
          questions.computeIfAbsent(by, _ -> new ArrayList<>()).add(id);
        }
      }
    });
    questions.forEach((by, asked) -> by.tell(new PeerMessage.AreThere(asked, self)));
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
