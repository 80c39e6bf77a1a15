package io.holdfast.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import scala.jdk.javaapi.CollectionConverters;

/// Stands in front of the embedded journal and does what a test tells it: holds writes up, or makes
/// them fail.
public final class HeldJournal extends AbstractActor {
  private static final String REAL = "holdfast.persistence.embedded.journal";

  /// What happens to writes from now on.
  public enum Mode {
    PASS,
    HOLD,
    /** The write fails and is not in the journal. */
    FAIL,
    /** The write is in the journal, but its writer hears that it failed. */
    FAIL_AFTER,
    /** What is stored cannot be read; writes pass. */
    FAIL_REPLAY,
    /** What is stored is not read yet; writes pass. */
    HOLD_REPLAY
  }

  private record Held(Object message, ActorRef sender) {}

  private record Switched() {}

  private static final List<ActorRef> JOURNALS = new CopyOnWriteArrayList<>();
  private static volatile Mode mode = Mode.PASS;
  private static volatile int heldCount;

  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private ActorRef real = ActorRef.noSender();

  /// For all nodes of this JVM.
  public static void mode(Mode next) {
    mode = next;
    JOURNALS.forEach(journal -> journal.tell(new Switched(), ActorRef.noSender()));
  }

  /// How many messages wait.
  public static int heldCount() {
    return heldCount;
  }

  @Override
  public void preStart() {
    Persistence persistence = Persistence.get(getContext().getSystem());
    real = persistence.journalFor(REAL, persistence.journalFor$default$2());
    JOURNALS.add(getSelf());
  }

  @Override
  public void postStop() {
    JOURNALS.remove(getSelf());
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(Switched.class, _ -> onSwitched())
        .match(JournalProtocol.WriteMessages.class, this::onWrite)
        .match(
            JournalProtocol.ReplayMessages.class,
            replay -> passBehind(replay.persistenceId(), replay))
        .matchAny(message -> real.tell(message, getSender()))
        .build();
  }

  private void onSwitched() {
    List<Held> waiting = List.copyOf(held);
    held.clear();
    heldCount = 0;
    for (Held one : waiting) {
      if (one.message instanceof JournalProtocol.WriteMessages write) {
        onWrite(write, one.sender);
      } else {
        passBehind(((JournalProtocol.ReplayMessages) one.message).persistenceId(), one);
      }
    }
  }

  private void onWrite(JournalProtocol.WriteMessages write) {
    onWrite(write, getSender());
  }

  private void onWrite(JournalProtocol.WriteMessages write, ActorRef sender) {
    switch (mode) {
      case PASS, FAIL_REPLAY, HOLD_REPLAY -> real.tell(write, sender);
      case HOLD -> hold(new Held(write, sender));
      case FAIL -> fail(write, sender);
      case FAIL_AFTER -> {
        ActorRef nobody = getContext().getSystem().deadLetters();
        real.tell(
            new JournalProtocol.WriteMessages(write.messages(), nobody, write.actorInstanceId()),
            sender);
        fail(write, sender);
      }
    }
  }

  /// A replay never overtakes a write of the same id.
  private void passBehind(String persistenceId, JournalProtocol.ReplayMessages replay) {
    passBehind(persistenceId, new Held(replay, getSender()));
  }

  private void passBehind(String persistenceId, Held replay) {
    if (mode == Mode.FAIL_REPLAY) {
      ((JournalProtocol.ReplayMessages) replay.message)
          .persistentActor()
          .tell(new JournalProtocol.ReplayMessagesFailure(broken()), replay.sender);
    } else if (mode == Mode.HOLD_REPLAY || heldIds().contains(persistenceId)) {
      hold(replay);
    } else {
      real.tell(replay.message, replay.sender);
    }
  }

  private void hold(Held message) {
    held.add(message);
    heldCount = held.size();
  }

  private Set<String> heldIds() {
    Set<String> ids = new HashSet<>();
    for (Held one : held) {
      if (one.message instanceof JournalProtocol.WriteMessages write) {
        events(write).forEach(event -> ids.add(event.persistenceId()));
      }
    }
    return ids;
  }

  private static Exception broken() {
    return new IllegalStateException("the disk of this test is broken");
  }

  private static void fail(JournalProtocol.WriteMessages write, ActorRef sender) {
    Exception cause = broken();
    Collection<PersistentRepr> events = events(write);
    ActorRef writer = write.persistentActor();
    writer.tell(new JournalProtocol.WriteMessagesFailed(cause, events.size()), sender);
    for (PersistentRepr event : events) {
      writer.tell(
          new JournalProtocol.WriteMessageFailure(event, cause, write.actorInstanceId()), sender);
    }
  }

  private static Collection<PersistentRepr> events(JournalProtocol.WriteMessages write) {
    List<PersistentRepr> events = new ArrayList<>();
    for (PersistentEnvelope envelope : CollectionConverters.asJava(write.messages())) {
      if (envelope instanceof AtomicWrite atomic) {
        events.addAll(CollectionConverters.asJava(atomic.payload()));
      }
    }
    return events;
  }
}
