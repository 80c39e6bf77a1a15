package io.holdfast.node.peer;

import io.holdfast.node.peer.CallLine.Frame;
import io.holdfast.node.peer.CallLine.Kind;
import io.holdfast.node.peer.Peers.CallReceiver;
import io.holdfast.node.peer.Peers.Caller;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.jspecify.annotations.Nullable;

/*
 * A call that leaves this node is kept here until its answer comes. It is lost when nobody has taken it for a while, when the
 * node that took it is no member any more, or when that node does not know it any more although no answer came. Whether it
 * was carried out nobody knows then: that is what its caller is told.
 *
 * What is sent on a line is told on it as long as it is open, for what is told in a message could overtake it.
 */
/// The calls of this node that are on others, and theirs that are here. Thread-safe; no method
/// blocks.
final class PeerCalls {
  /** A message is on its way for a fraction of that, or it never arrives. */
  private static final Duration TAKEN_MAX = Duration.ofSeconds(3);

  /** One that a member has not taken within this went to a node that is gone, when there is one. */
  private static final Duration TAKEN_BY_THE_LIVING = Duration.ofMillis(300);

  private static final Duration ASK_AFTER = Duration.ofSeconds(5);

  private static final String ANSWER_IS_LOST = "was sent, or answered, and that is lost";

  private final Supplier<ActorRef<PeerMessage>> self;
  private final ActorRefResolver names;
  private final CallLines lines;
  private final CallLine.Listener own = new OwnCalls();
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Sent> sent = new ConcurrentHashMap<>();
  private final Set<Served> served = ConcurrentHashMap.newKeySet();
  private final Set<CallsOfOther> others = ConcurrentHashMap.newKeySet();
  private volatile CallReceiver receiver = (_, _, _) -> false;

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

    boolean isTakenAt(String address) {
      ActorRef<PeerMessage> by = takenBy;
      return by != null && by.path().address().toString().equals(address);
    }
  }

  private record Served(ActorRef<PeerMessage> origin, long id) {}

  /// @param self the peers of this node
  /// @param client connects to other nodes
  /// @param offered asks a node for the reference to its end of a line
  PeerCalls(
      Supplier<ActorRef<PeerMessage>> self,
      ActorRefResolver names,
      PeerClient client,
      Function<ActorRef<PeerMessage>, CompletableFuture<byte[]>> offered) {
    this.self = self;
    this.names = names;
    this.lines = new CallLines(client, offered);
  }

  // ---- of this node
  // -------------------------------------------------------------------------------------------

  /// See [Peers#leaves].
  long leaves(Caller caller) {
    long id = ids.incrementAndGet();
    sent.put(id, new Sent(caller));
    return id;
  }

  /// See [Peers#call].
  boolean call(ActorRef<PeerMessage> node, Supplier<byte[]> call, Caller caller) {
    CallLine line = lines.to(node).orElse(null);
    if (line == null) {
      lines.open(node, names.toSerializationFormat(self.get()), own);
      return false;
    }
    byte[] bytes = call.get();
    long id = ids.incrementAndGet();
    Sent waiting = new Sent(caller);
    waiting.takenBy = node;
    waiting.line = line;
    sent.put(id, waiting);
    if (line.send(new Frame(Kind.CALL, id, bytes))) {
      return true;
    }
    sent.remove(id);
    return false;
  }

  void taken(PeerMessage.Taken taken) {
    Sent call = sent.get(taken.id());
    if (call != null) {
      call.sinceNanos = System.nanoTime();
      call.takenBy = taken.by();
      call.caller.taken(taken.by(), taken.region());
    }
  }

  void answered(long id, byte[] answer) {
    Sent call = sent.remove(id);
    if (call != null) {
      call.caller.answered(answer);
    }
  }

  private void isElsewhere(long id) {
    Sent call = sent.remove(id);
    if (call != null) {
      call.caller.isElsewhere();
    }
  }

  void isGone(long id) {
    lose(id, ANSWER_IS_LOST);
  }

  void lose(long id, String why) {
    Sent call = sent.remove(id);
    if (call != null) {
      call.caller.lost(why);
    }
  }

  /** Hears what becomes of those on lines. */
  private final class OwnCalls implements CallLine.Listener {
    @Override
    public void received(Frame frame, CallLine line) {
      switch (frame.kind()) {
        case ANSWER -> answered(frame.id(), frame.bytes());
        case ELSEWHERE -> isElsewhere(frame.id());
        case GONE -> isGone(frame.id());
        case CALL, IS_IT_THERE -> line.close(); // It is not the one that is called.
      }
    }

    /** What was sent may have arrived: its node is asked about it, in a message. */
    @Override
    public void ended(CallLine line, List<Frame> unsent) {
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

  // ---- of other nodes
  // -----------------------------------------------------------------------------------------

  /// Who is called by other nodes.
  void onCall(CallReceiver by) {
    receiver = by;
  }

  /// A call has arrived in a message.
  void arrived(ActorRef<PeerMessage> origin, long id) {
    served.add(new Served(origin, id));
  }

  /// Answers such a call.
  void answer(ActorRef<PeerMessage> origin, long id, byte[] answer) {
    origin.tell(new PeerMessage.Answered(id, answer));
    served.remove(new Served(origin, id));
  }

  /// Which of its calls a node waits for in vain.
  List<Long> gone(PeerMessage.AreThere question) {
    return question.ids().stream()
        .filter(id -> !served.contains(new Served(question.from(), id)))
        .toList();
  }

  /// Takes calls on a line; blocks until it is over.
  ///
  /// @param caller what the other node is called
  void take(String caller, PeerLine connection) throws IOException {
    CallsOfOther calls = new CallsOfOther(names.resolveActorRef(caller));
    CallLine line = new CallLine(connection, calls);
    calls.line = line;
    others.add(calls);
    line.run();
  }

  /** Takes the calls of another node on a line. */
  private final class CallsOfOther implements CallLine.Listener {
    private final ActorRef<PeerMessage> origin;
    private final String address;
    private volatile @Nullable CallLine line;

    CallsOfOther(ActorRef<PeerMessage> origin) {
      this.origin = origin;
      this.address = origin.path().address().toString();
    }

    @Override
    public void received(Frame frame, CallLine on) {
      Served call = new Served(origin, frame.id());
      switch (frame.kind()) {
        case CALL -> take(call, frame.bytes(), on);
        case IS_IT_THERE -> {
          if (!served.contains(call)) {
            boolean _ = on.send(new Frame(Kind.GONE, call.id));
          }
        }
        case ANSWER, ELSEWHERE, GONE -> on.close(); // It has called nobody.
      }
    }

    private void take(Served call, byte[] bytes, CallLine on) {
      served.add(call);
      Consumer<byte[]> answer =
          given -> {
            if (!on.send(new Frame(Kind.ANSWER, call.id, given))) {
              tell(call.id, given);
            }
            served.remove(call);
          };
      if (!receiver.receive(bytes, address, answer)) {
        served.remove(call);
        boolean _ = on.send(new Frame(Kind.ELSEWHERE, call.id));
      }
    }

    private void tell(long id, byte[] answer) {
      origin.tell(new PeerMessage.Answered(id, answer));
    }

    void closeIfOf(String other) {
      CallLine open = line;
      if (open != null && address.equals(other)) {
        open.close();
      }
    }

    @Override
    public void ended(CallLine ended, List<Frame> unsent) {
      others.remove(this);
      unsent.stream()
          .filter(frame -> frame.kind() == Kind.ANSWER)
          .forEach(frame -> tell(frame.id(), frame.bytes()));
    }
  }

  // ---- those that are lost
  // -------------------------------------------------------------------------------------

  /// A node is no member any more.
  void nodeLeft(String address) {
    sent.forEach((id, call) -> {
      if (call.takenBy == null && call.isOlderThan(TAKEN_BY_THE_LIVING)) {
        lose(id, "was sent to a node that is gone");
      }
    });
    loseTakenAt(address, "was taken by a node that is gone");
    served.removeIf(call -> call.origin.path().address().toString().equals(address));
    others.forEach(calls -> calls.closeIfOf(address));
  }

  /// What a node has taken is not waited for any more.
  void loseTakenAt(String address, String why) {
    lines.close(address);
    sent.forEach((id, call) -> {
      if (call.isTakenAt(address)) {
        lose(id, why);
      }
    });
  }

  /// Asks for what takes long; to be called now and then.
  void look() {
    Map<ActorRef<PeerMessage>, List<Long>> questions = new HashMap<>();
    sent.forEach((id, call) -> {
      ActorRef<PeerMessage> by = call.takenBy;
      if (by == null && call.isOlderThan(TAKEN_MAX)) {
        lose(id, "was not taken by any node in time");
      } else if (by != null && call.isOlderThan(ASK_AFTER)) {
        call.sinceNanos = System.nanoTime();
        CallLine line = call.line;
        if (line == null || !line.send(new Frame(Kind.IS_IT_THERE, id))) {
          questions.computeIfAbsent(by, _ -> new ArrayList<>()).add(id);
        }
      }
    });
    questions.forEach((by, asked) -> by.tell(new PeerMessage.AreThere(asked, self.get())));
  }
}
