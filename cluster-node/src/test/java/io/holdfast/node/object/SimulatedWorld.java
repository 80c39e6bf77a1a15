package io.holdfast.node.object;

import io.holdfast.persistence.writer.StoredObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One object, its lives, its clients and all that happens to them in some hundred milliseconds of
/// a simulated clock. Then faults end, everything comes to rest, and the object is recovered once
/// more.
final class SimulatedWorld implements SimulatedLife.World {
  private static final long END_MICROS = 400_000;
  private static final int TRIES_MAX = 6;

  private final SimulatedTime time;
  private final ObjectSimulation.Mutation mutation;
  private final SimulatedJournal journal;
  private final SimulatedHistory history = new SimulatedHistory();

  /// Whether there are groups of several parts; such runs take longer.
  private final boolean large;

  private final List<SimulatedLife> zombies = new ArrayList<>();
  private @Nullable SimulatedLife owner;
  private long callsMade;
  private long callsEnded;
  private long nextId = 1;
  private int crashes;
  private int answered;

  SimulatedWorld(long seed, ObjectSimulation.Mutation mutation) {
    this.time = new SimulatedTime(seed);
    this.mutation = mutation;
    this.large = time.once(6);
    this.journal =
        new SimulatedJournal(
            time,
            time.once(3)
                ? SimulatedJournal.Reach.ONE_PROCESS
                : SimulatedJournal.Reach.SEVERAL_MACHINES);
  }

  /// Ends when all is at rest.
  void run() {
    recover();
    time.within(500, this::newCall);
    time.within(8_000, this::crash);
    if (journal.reach() == SimulatedJournal.Reach.SEVERAL_MACHINES) {
      time.within(15_000, this::takeOver);
    }
    time.after(END_MICROS, journal::works);
    while (time.step()) {
      continue;
    }
    if (callsMade != callsEnded) {
      throw new SimulatedViolation(callsMade + " calls were made, " + callsEnded + " ended");
    }
    if (owner != null) {
      owner.end("is asked to leave");
    }
    history.recovered(journal.recoverFromTheStart());
  }

  int crashes() {
    return crashes;
  }

  int answered() {
    return answered;
  }

  private boolean isOver() {
    return time.nowMicros() >= END_MICROS;
  }

  // ---- clients

  private void newCall() {
    if (!isOver()) {
      send(nextId++, kind(), 1);
      time.within(1_500, this::newCall);
    }
  }

  private SimulatedCall.Kind kind() {
    int dice = time.random().nextInt(100);
    if (dice < 25) {
      return SimulatedCall.Kind.READS;
    } else if (dice < 93) {
      return SimulatedCall.Kind.WRITES;
    } else if (dice < 95) {
      return large ? SimulatedCall.Kind.WRITES_MUCH : SimulatedCall.Kind.WRITES;
    } else if (dice < 96) {
      return SimulatedCall.Kind.DELETES_ALL;
    } else {
      return SimulatedCall.Kind.RESTORES;
    }
  }

  /// A client asks again with the same id when it does not know whether it was heard.
  private void send(long id, SimulatedCall.Kind kind, int attempt) {
    SimulatedLife target = target();
    if (target == null) {
      askAgain(id, kind, attempt);
      return;
    }
    callsMade++;
    target.call(new SimulatedCall(id, kind, ok -> ended(ok, id, kind, attempt)));
  }

  private void askAgain(long id, SimulatedCall.Kind kind, int attempt) {
    if (attempt < TRIES_MAX) {
      time.within(5_000, () -> send(id, kind, attempt + 1));
    }
  }

  private @Nullable SimulatedLife target() {
    boolean astray = !zombies.isEmpty() && time.once(4);
    return astray ? zombies.get(time.random().nextInt(zombies.size())) : owner;
  }

  private void ended(boolean ok, long id, SimulatedCall.Kind kind, int attempt) {
    callsEnded++;
    if (ok) {
      answered++;
    } else {
      askAgain(id, kind, attempt);
    }
  }

  // ---- what happens to the object

  private void crash() {
    if (isOver()) {
      return;
    }
    SimulatedLife victim = target();
    if (victim != null) {
      crashes++;
      victim.end("has crashed");
    }
    time.within(10_000, this::crash);
  }

  /// Another machine takes over from one that is only slow, whose epoch is known: two writers of
  /// one epoch are what the lease (DESIGN 7) is there to prevent.
  private void takeOver() {
    if (isOver()) {
      return;
    }
    SimulatedLife slow = owner;
    if (slow != null && journal.knows(slow.epoch())) {
      slow.supersede();
      zombies.add(slow);
      recover();
    }
    time.within(30_000, this::takeOver);
  }

  @Override
  public void ended(SimulatedLife life) {
    zombies.remove(life);
    if (life == owner) {
      owner = null;
      time.within(4_000, this::recover);
    }
  }

  private void recover() {
    StoredObject stored = journal.recover();
    SimulatedHistory.Version version = history.recovered(stored);
    if (journal.reach() == SimulatedJournal.Reach.ONE_PROCESS
        && !journal.indexedAlarm().equals(stored.alarm())) {
      throw new SimulatedViolation(
          "expected " + stored.alarm() + " in the index, found " + journal.indexedAlarm());
    }
    SimulatedLife next = new SimulatedLife(this, mutated(stored), version);
    owner = next;
    next.begin();
  }

  private StoredObject mutated(StoredObject stored) {
    return mutation == ObjectSimulation.Mutation.CHECKS_NO_EPOCH
        ? new StoredObject(
            stored.image(), stored.hashes(), stored.txSeq(), 0, stored.alarm(), stored.log())
        : stored;
  }

  // ---- SimulatedLife.World

  @Override
  public SimulatedTime time() {
    return time;
  }

  @Override
  public SimulatedJournal journal() {
    return journal;
  }

  @Override
  public SimulatedHistory history() {
    return history;
  }

  @Override
  public ObjectSimulation.Mutation mutation() {
    return mutation;
  }

  @Override
  public String toString() {
    return journal.reach() + " at " + time.nowMicros() + " µs after " + crashes + " crashes";
  }
}
