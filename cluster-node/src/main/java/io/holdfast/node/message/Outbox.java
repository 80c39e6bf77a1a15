package io.holdfast.node.message;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.Wake;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.DeadLetter;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The messages that one object has sent and that were not carried out yet.
 *
 * What counts is in the rows (OutboxBooks), written with the events of the object. Here is kept what a crash may forget: to
 * which receivers a batch is under way. One batch at a time goes to a receiver, and the next one begins with the first
 * message that the last one left behind; that is the order per pair. Different receivers do not wait for each other.
 *
 * A batch is sent again whenever its answer is lost, so a receiver may get a message twice: it tells by the number.
 *
 * As long as messages wait, `wake` of the database is set, so that the object is woken for them wherever it is: at the latest
 * `wakeAfter` after a crash, and for a retry at its time.
 *
 * Turn: all but `arrived` and `isDelivering`.
 */
public final class Outbox {
  private static final Logger log = LoggerFactory.getLogger(Outbox.class);

  /// A batch and where it goes.
  public record Parcel(ObjectAddress receiver, Batch batch) {}

  /// What one look at the outbox came to.
  ///
  /// @param parcels to be sent once all writes so far are durable; each must [#arrived] once
  /// @param givenUp messages that will not be tried again
  public record Round(List<Parcel> parcels, List<DeadLetter> givenUp) {}

  /** What became of a parcel. */
  private sealed interface Outcome {
    Parcel parcel();

    record Answered(Parcel parcel, Receipt receipt) implements Outcome {}

    record Unanswered(Parcel parcel, HoldfastException error) implements Outcome {}
  }

  /** A receiver that messages wait for. */
  private static final class Lane {
    private boolean underWay;
    private long nextAtMillis;

    /** Messages up to this number may have been under way before this incarnation. */
    private long unknownThrough;

    boolean mayStart(long now) {
      return !underWay && nextAtMillis <= now;
    }
  }

  private final ObjectAddress self;
  private final MessageSettings settings;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final OutboxBooks books;
  private final Map<String, Lane> lanes = new LinkedHashMap<>();
  private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private boolean loaded;

  public Outbox(
      ObjectAddress self, MessageSettings settings, InstantSource clock, RandomGenerator random) {
    this.self = self;
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.books = new OutboxBooks(self.key());
  }

  // ---- for the object's code

  /// Adds a message.
  ///
  /// @throws HoldfastException `invalid_argument` when it is too large, `object_overloaded` when
  ///   too many wait
  public void send(ObjectDatabase database, ObjectAddress receiver, RpcCall call) {
    OutboxBooks.State state = books.state(database);
    long now = clock.millis();
    Letter letter =
        new Letter(
            Numbers.next(state.last(), now), call.method(), call.arguments(), receiver.id().name());
    check(state, letter, receiver);
    books.add(database, state, receiver.key(), letter);
    lane(receiver.key());
    long latest = now + settings.wakeAfter().toMillis();
    if (database.wake(Wake.MESSAGES).orElse(Long.MAX_VALUE) > latest) {
      database.wake(Wake.MESSAGES, OptionalLong.of(latest));
    }
  }

  private void check(OutboxBooks.State state, Letter letter, ObjectAddress receiver) {
    if (letter.size() > settings.messageBytesMax()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a message of at most %d bytes, found %d bytes for method \"%s\" of %s"
              .formatted(settings.messageBytesMax(), letter.size(), letter.method(), receiver));
    }
    if (state.waiting() >= settings.waitingMax()) {
      throw full(settings.waitingMax() + " messages", state.waiting() + " of them");
    }
    if (state.waitingBytes() + letter.size() > settings.waitingBytesMax()) {
      throw full(settings.waitingBytesMax() + " bytes", state.waitingBytes() + " bytes");
    }
  }

  private ObjectCallException full(String most, String found) {
    return new ObjectCallException(
        ErrorCode.OBJECT_OVERLOADED,
        "Error",
        "expected at most " + most + " waiting to be delivered by " + self + ", found " + found);
  }

  /// The oldest messages that were given up.
  public List<DeadLetter> deadLetters(ObjectDatabase database, int max) {
    int count = books.state(database).dead();
    return books.buried(database, Math.min(max, Math.max(1, count))).stream()
        .map(BuriedLetter::toDeadLetter)
        .toList();
  }

  public int deadLetterCount(ObjectDatabase database) {
    return books.state(database).dead();
  }

  public boolean drop(ObjectDatabase database, long number) {
    return books.exhume(database, number).isPresent();
  }

  /// Sends a message again, with a new number.
  public boolean retry(ObjectDatabase database, long number) {
    Optional<BuriedLetter> found = books.exhume(database, number);
    if (found.isPresent()) {
      Letter letter = found.get().letter();
      ObjectAddress receiver = ObjectAddress.parse(found.get().receiver());
      send(
          database,
          new ObjectAddress(
              receiver.namespace(), new ObjectId(receiver.id().hex(), letter.receiverName())),
          letter.call());
    }
    return found.isPresent();
  }

  // ---- for the runtime

  /// Whether a parcel is under way. Any thread.
  public boolean isDelivering() {
    return underWay.get() > 0;
  }

  /// Whether messages may be waiting.
  public static boolean isWaiting(ObjectDatabase database) {
    return database.wake(Wake.MESSAGES).isPresent();
  }

  /// Moves the wake on, when its time has come: whoever was woken by it has come to look.
  ///
  /// @return whether its time had come
  public boolean woken(ObjectDatabase database) {
    long now = clock.millis();
    OptionalLong wake = database.wake(Wake.MESSAGES);
    if (wake.isEmpty() || wake.getAsLong() > now) {
      return false;
    }
    database.wake(Wake.MESSAGES, OptionalLong.of(now + settings.wakeAfter().toMillis()));
    return true;
  }

  /// A parcel was answered. Any thread; the next [#work] acts on it.
  public void arrived(Parcel parcel, Receipt receipt) {
    outcomes.add(new Outcome.Answered(parcel, receipt));
  }

  /// A parcel got no answer: whether it was carried out is unknown. Any thread.
  public void lost(Parcel parcel, HoldfastException error) {
    outcomes.add(new Outcome.Unanswered(parcel, error));
  }

  /// Looks at what arrived, and at what may leave.
  public Round work(ObjectDatabase database) {
    load(database);
    List<DeadLetter> givenUp = new ArrayList<>();
    for (Outcome outcome = outcomes.poll(); outcome != null; outcome = outcomes.poll()) {
      settle(database, outcome, givenUp);
    }
    List<Parcel> parcels = start(database, givenUp);
    setWake(database);
    return new Round(parcels, givenUp);
  }

  private void load(ObjectDatabase database) {
    if (!loaded) {
      long last = books.state(database).last();
      for (String receiver : books.receivers(database)) {
        Lane lane = lane(receiver);
        lane.nextAtMillis = books.tries(database, receiver).nextAtMillis();
        lane.unknownThrough = last;
      }
      loaded = true;
    }
  }

  private Lane lane(String receiver) {
    return lanes.computeIfAbsent(receiver, _ -> new Lane());
  }

  // ---- what arrived

  private void settle(ObjectDatabase database, Outcome outcome, List<DeadLetter> givenUp) {
    String receiver = outcome.parcel().receiver().key();
    underWay.decrementAndGet();
    // To the end of the line, so that every receiver gets its share.
    Lane lane = lane(receiver);
    lanes.remove(receiver);
    lanes.put(receiver, lane);
    lane.underWay = false;
    lane.nextAtMillis = 0;
    switch (outcome) {
      case Outcome.Answered answered -> answered(database, receiver, answered, givenUp);
      case Outcome.Unanswered unanswered -> unanswered(database, receiver, unanswered, givenUp);
    }
  }

  private void answered(
      ObjectDatabase database,
      String receiver,
      Outcome.Answered answered,
      List<DeadLetter> givenUp) {
    Receipt receipt = answered.receipt();
    Batch batch = answered.parcel().batch();
    boolean first = receipt.through() < batch.firstNumber();
    Tries tries = first ? books.tries(database, receiver) : Tries.NONE;
    books.remove(
        database,
        receiver,
        batch.letters().stream().filter(letter -> letter.number() <= receipt.through()).toList());
    Optional<Letter> refused =
        batch.letters().stream().filter(letter -> letter.number() > receipt.through()).findFirst();
    lane(receiver).unknownThrough = 0;
    if (receipt.refusal().isPresent() && refused.isPresent()) {
      Receipt.Refusal refusal = receipt.refusal().get();
      Tries now = tries.refused(refusal.code(), refusal.message());
      failed(database, receiver, refused.get(), now, refusal.forGood(), givenUp);
    } else {
      books.tries(database, receiver, Tries.NONE);
    }
  }

  private void unanswered(
      ObjectDatabase database,
      String receiver,
      Outcome.Unanswered unanswered,
      List<DeadLetter> givenUp) {
    Batch batch = unanswered.parcel().batch();
    Tries now =
        books
            .tries(database, receiver)
            .unanswered(
                batch.lastNumber(), unanswered.error().code(), unanswered.error().getMessage());
    failed(database, receiver, batch.letters().getFirst(), now, false, givenUp);
  }

  private void failed(
      ObjectDatabase database,
      String receiver,
      Letter letter,
      Tries tries,
      boolean forGood,
      List<DeadLetter> givenUp) {
    if (forGood || tries.counted() >= settings.triesMax() || isTooOld(letter)) {
      bury(database, receiver, letter, tries, givenUp);
    } else {
      Tries later = tries.nextAt(clock.millis() + backoffMillis(tries));
      books.tries(database, receiver, later);
      lane(receiver).nextAtMillis = later.nextAtMillis();
    }
  }

  /** Twice as long each time, and up to a quarter more. */
  private long backoffMillis(Tries tries) {
    int failures = Math.max(1, tries.uncounted() > 0 ? tries.uncounted() : tries.counted());
    long millis =
        Math.min(
            settings.retryMax().toMillis(),
            settings.retryFirst().toMillis() << Math.min(failures - 1, 32));
    return millis + random.nextLong(millis / 4 + 1);
  }

  private boolean isTooOld(Letter letter) {
    return letter.sentAtMillis() + settings.ageMax().toMillis() <= clock.millis();
  }

  private void bury(
      ObjectDatabase database,
      String receiver,
      Letter letter,
      Tries tries,
      List<DeadLetter> givenUp) {
    boolean unanswered =
        letter.number() <= Math.max(tries.unansweredThrough(), lane(receiver).unknownThrough);
    BuriedLetter buried =
        new BuriedLetter(
            letter,
            receiver,
            clock.millis(),
            tries.counted(),
            tries.code(),
            tries.message(),
            unanswered);
    log.warn(
        "{}: the message {} to method \"{}\" of {} is given up after {} failed tries: {}",
        self,
        letter.number(),
        letter.method(),
        receiver,
        tries.counted(),
        tries.message());
    books.remove(database, receiver, List.of(letter));
    // Those behind it keep their doubt.
    boolean doubt = tries.unansweredThrough() > letter.number();
    books.tries(
        database,
        receiver,
        doubt ? Tries.NONE.withUnansweredThrough(tries.unansweredThrough()) : Tries.NONE);
    if (books.state(database).dead() >= settings.deadLettersMax()) {
      dropOldest(database);
    }
    books.bury(database, buried);
    givenUp.add(buried.toDeadLetter());
  }

  private void dropOldest(ObjectDatabase database) {
    for (BuriedLetter oldest : books.buried(database, 1)) {
      log.warn(
          "{}: the dead letter {} is dropped, expected at most {}",
          self,
          oldest.letter().number(),
          settings.deadLettersMax());
      books.exhume(database, oldest.letter().number());
    }
  }

  // ---- what may leave

  private List<Parcel> start(ObjectDatabase database, List<DeadLetter> givenUp) {
    List<Parcel> parcels = new ArrayList<>();
    long now = clock.millis();
    for (var entry : List.copyOf(lanes.entrySet())) {
      if (underWay.get() >= settings.receiversMax()) {
        break;
      }
      if (entry.getValue().mayStart(now)) {
        List<Letter> letters = letters(database, entry.getKey(), givenUp);
        if (letters.isEmpty()) {
          lanes.remove(entry.getKey());
        } else {
          entry.getValue().underWay = true;
          underWay.incrementAndGet();
          parcels.add(parcel(entry.getKey(), letters));
        }
      }
    }
    return parcels;
  }

  private Parcel parcel(String receiver, List<Letter> letters) {
    ObjectAddress address = ObjectAddress.parse(receiver);
    Optional<String> name = letters.getFirst().receiverName();
    return new Parcel(
        new ObjectAddress(address.namespace(), new ObjectId(address.id().hex(), name)),
        new Batch(self.key(), letters));
  }

  private List<Letter> letters(ObjectDatabase database, String receiver, List<DeadLetter> givenUp) {
    List<Letter> batch = new ArrayList<>();
    long bytes = 0;
    for (Letter letter : books.first(database, receiver, settings.batchMax())) {
      if (batch.isEmpty() && isTooOld(letter)) {
        bury(database, receiver, letter, books.tries(database, receiver), givenUp);
        continue;
      }
      bytes += letter.size();
      if (!batch.isEmpty() && bytes > settings.batchBytesMax()) {
        break;
      }
      batch.add(letter);
    }
    return batch;
  }

  /**
   * One that comes a little too early does no harm; moving it each time would cost rows in the
   * index.
   */
  private void setWake(ObjectDatabase database) {
    OptionalLong wake = database.wake(Wake.MESSAGES);
    if (lanes.isEmpty()) {
      database.wake(Wake.MESSAGES, OptionalLong.empty());
      return;
    }
    long now = clock.millis();
    long wakeAfter = settings.wakeAfter().toMillis();
    long latest = Long.MAX_VALUE;
    for (Lane lane : lanes.values()) {
      boolean waits = !lane.underWay && lane.nextAtMillis > now;
      latest = Math.min(latest, waits ? lane.nextAtMillis : now + wakeAfter);
    }
    long earliest = Math.max(now + 1, latest - wakeAfter);
    if (wake.isEmpty() || wake.getAsLong() < earliest || wake.getAsLong() > latest) {
      database.wake(Wake.MESSAGES, OptionalLong.of(latest));
    }
  }
}
