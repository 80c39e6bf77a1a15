package io.holdfast.node.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.persistence.database.Wake;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.DeadLetter;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OutboxTest {
  private static final ObjectDatabases DATABASES =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1_000);

  private static final NamespaceId SPACE = new NamespaceId("app", "things");
  private static final ObjectIds IDS = new ObjectIds(SPACE);
  private static final ObjectAddress SELF = address("self");

  private long nowMillis = 1_700_000_000_000L;
  private MessageSettings settings = Settings.quick(4, 10);
  private ObjectDatabase database = DATABASES.open(DatabaseImage.EMPTY);
  private Outbox outbox = outbox(SELF);

  private static ObjectAddress address(String name) {
    return new ObjectAddress(SPACE, IDS.named(name));
  }

  private Outbox outbox(ObjectAddress of) {
    return new Outbox(of, settings, () -> Instant.ofEpochMilli(nowMillis), new Random(1));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void crash() {
    database.commit();
    DatabaseImage image = database.image();
    database.close();
    database = DATABASES.open(image);
    outbox = outbox(SELF);
  }

  private void send(String receiver, String method) {
    outbox.send(
        database,
        address(receiver),
        new RpcCall(method, RpcCall.Encoding.CBOR, new byte[] {1, 2, 3}));
  }

  private List<Outbox.Parcel> work() {
    return outbox.work(database).parcels();
  }

  private static List<String> methods(Outbox.Parcel parcel) {
    return parcel.batch().letters().stream().map(Letter::method).toList();
  }

  private void takes(Outbox.Parcel parcel) {
    outbox.arrived(parcel, new Receipt(parcel.batch().lastNumber(), Optional.empty()));
  }

  private void refuses(Outbox.Parcel parcel, boolean forGood) {
    outbox.arrived(
        parcel,
        new Receipt(
            parcel.batch().firstNumber() - 1,
            Optional.of(new Receipt.Refusal(ErrorCode.OBJECT_FAILED, "no", forGood))));
  }

  private void loses(Outbox.Parcel parcel) {
    outbox.lost(parcel, new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "nobody there"));
  }

  /// Until something leaves.
  private Outbox.Parcel next() {
    long deadline = nowMillis + 60_000;
    while (nowMillis < deadline) {
      List<Outbox.Parcel> parcels = work();
      if (!parcels.isEmpty()) {
        return parcels.getFirst();
      }
      nowMillis += 50;
    }
    throw new AssertionError("nothing left within a minute");
  }

  private List<DeadLetter> dead() {
    return outbox.deadLetters(database, 100);
  }

  @Test
  void oneBatchAtATimeGoesToAReceiver() {
    for (int i = 0; i < 6; i++) {
      send("a", "m" + i);
    }
    Outbox.Parcel first = work().getFirst();
    assertThat(methods(first)).containsExactly("m0", "m1", "m2", "m3");
    assertThat(first.receiver().id().name()).contains("a");
    assertThat(first.batch().sender()).isEqualTo(SELF.key());
    assertThat(outbox.isDelivering()).isTrue();
    assertThat(work()).isEmpty();
    takes(first);
    Outbox.Parcel second = work().getFirst();
    assertThat(methods(second)).containsExactly("m4", "m5");
    takes(second);
    assertThat(work()).isEmpty();
    assertThat(outbox.isDelivering()).isFalse();
    assertThat(database.wake(Wake.MESSAGES)).isEmpty();
  }

  @Test
  void aBatchTakenInPartGoesOnWithTheRest() {
    for (int i = 0; i < 3; i++) {
      send("a", "m" + i);
    }
    Outbox.Parcel parcel = work().getFirst();
    outbox.arrived(parcel, new Receipt(parcel.batch().firstNumber(), Optional.empty()));
    assertThat(methods(work().getFirst())).containsExactly("m1", "m2");
  }

  @Test
  void receiversAreServedAtOneTimeUpToTheLimitAndInTurn() {
    for (String receiver : List.of("a", "b", "c", "d")) {
      send(receiver, "to " + receiver);
      send(receiver, "more to " + receiver);
    }
    List<Outbox.Parcel> parcels = work();
    assertThat(parcels).hasSize(3);
    takes(parcels.getFirst());
    send("a", "late to a");
    assertThat(methods(work().getFirst())).containsExactly("to d", "more to d");
  }

  @Test
  void theWakeCoversACrashARetryAndIsGoneInTheEnd() {
    send("a", "m");
    assertThat(database.wake(Wake.MESSAGES)).hasValue(nowMillis + 2_000);
    Outbox.Parcel parcel = work().getFirst();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(nowMillis + 2_000);
    refuses(parcel, false);
    assertThat(work()).isEmpty();
    long retry = database.wake(Wake.MESSAGES).orElseThrow();
    assertThat(retry).isBetween(nowMillis + 100, nowMillis + 125);
    assertThat(outbox.woken(database)).as("not yet").isFalse();
    nowMillis = retry;
    assertThat(outbox.woken(database)).isTrue();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(nowMillis + 2_000);
    takes(work().getFirst());
    assertThat(work()).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).isEmpty();
  }

  @Test
  void aFarRetryIsNotWokenForEarly() {
    send("a", "m");
    for (int i = 0; i < 7; i++) {
      loses(next());
      outbox.work(database);
    }
    long wake = database.wake(Wake.MESSAGES).orElseThrow();
    assertThat(wake - nowMillis).isBetween(5_000L, 6_250L);
    nowMillis += 100;
    assertThat(work()).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(wake);
  }

  @Test
  void retriesWaitTwiceAsLongEachTimeAndUpToAQuarterMore() {
    send("a", "m");
    Outbox.Parcel parcel = work().getFirst();
    for (long wait : List.of(100L, 200L, 400L)) {
      refuses(parcel, false);
      assertThat(work()).isEmpty();
      nowMillis += wait - 1;
      assertThat(work()).as("before %d ms", wait).isEmpty();
      nowMillis += wait / 4 + 1;
      parcel = work().getFirst();
    }
    refuses(parcel, false);
    assertThat(work()).isEmpty();
    assertThat(dead())
        .singleElement()
        .satisfies(letter -> {
          assertThat(letter.tries()).isEqualTo(4);
          assertThat(letter.error()).isEqualTo(ErrorCode.OBJECT_FAILED);
          assertThat(letter.message()).isEqualTo("no");
          assertThat(letter.maybeDelivered()).isFalse();
          assertThat(letter.receiver().name()).contains("a");
          assertThat(letter.namespace()).isEqualTo("app.things");
          assertThat(letter.arguments()).containsExactly(1, 2, 3);
          assertThat(letter.failedAt()).isEqualTo(Instant.ofEpochMilli(nowMillis));
        });
    assertThat(database.wake(Wake.MESSAGES)).isEmpty();
  }

  @Test
  void triesAreCountedOverCrashes() {
    send("a", "m");
    for (int i = 0; i < 4; i++) {
      refuses(next(), false);
      outbox.work(database);
      crash();
    }
    assertThat(work()).isEmpty();
    assertThat(dead()).hasSize(1);
  }

  @Test
  void triesWithoutAnAnswerAreNotCountedButEndWithTheAge() {
    send("a", "m");
    send("a", "behind");
    for (int i = 0; i < 20; i++) {
      loses(next());
      outbox.work(database);
    }
    assertThat(dead()).isEmpty();
    nowMillis += settings.ageMax().toMillis();
    Outbox.Round round = outbox.work(database);
    assertThat(round.parcels()).isEmpty();
    assertThat(round.givenUp()).extracting(DeadLetter::method).containsExactly("m", "behind");
    assertThat(dead()).extracting(DeadLetter::maybeDelivered).containsExactly(true, true);
    assertThat(dead()).extracting(DeadLetter::tries).containsExactly(0, 0);
  }

  @Test
  void aDefiniteAnswerEndsTheDoubt() {
    send("a", "m");
    loses(next());
    for (int i = 0; i < 4; i++) {
      refuses(next(), false);
    }
    outbox.work(database);
    assertThat(dead()).extracting(DeadLetter::maybeDelivered).containsExactly(false);
  }

  @Test
  void whatWasUnderWayAtACrashIsInDoubt() {
    send("a", "m");
    work();
    crash();
    nowMillis += settings.ageMax().toMillis();
    outbox.work(database);
    assertThat(dead()).extracting(DeadLetter::maybeDelivered).containsExactly(true);
  }

  @Test
  void aCrashSendsAgainWhatWasNotAnswered() {
    send("a", "m0");
    send("b", "m1");
    assertThat(work()).hasSize(2);
    crash();
    assertThat(Outbox.isWaiting(database)).isTrue();
    List<String> again = new ArrayList<>();
    work().forEach(parcel -> again.addAll(methods(parcel)));
    assertThat(again).containsExactlyInAnyOrder("m0", "m1");
  }

  @Test
  void aDeadLetterIsSentAgainAsANewMessageOrDropped() {
    send("a", "m0");
    send("a", "m1");
    refuses(next(), true);
    Outbox.Parcel behind = work().getFirst();
    assertThat(methods(behind)).containsExactly("m1");
    takes(behind);
    outbox.work(database);
    long number = dead().getFirst().number();
    assertThat(outbox.retry(database, number)).isTrue();
    assertThat(outbox.retry(database, number)).isFalse();
    assertThat(dead()).isEmpty();
    Outbox.Parcel again = work().getFirst();
    assertThat(methods(again)).containsExactly("m0");
    assertThat(again.batch().firstNumber()).isGreaterThan(behind.batch().lastNumber());
    refuses(again, true);
    outbox.work(database);
    assertThat(outbox.drop(database, again.batch().firstNumber())).isTrue();
    assertThat(outbox.drop(database, again.batch().firstNumber())).isFalse();
    assertThat(outbox.deadLetterCount(database)).isZero();
  }

  @Test
  void theOldestDeadLetterMakesRoom() {
    for (int i = 0; i < 7; i++) {
      send("a", "m" + i);
      refuses(next(), true);
      outbox.work(database);
    }
    assertThat(dead()).extracting(DeadLetter::method).containsExactly("m2", "m3", "m4", "m5", "m6");
    assertThat(outbox.deadLetterCount(database)).isEqualTo(5);
    assertThat(outbox.deadLetters(database, 2)).hasSize(2);
  }

  @Test
  void refusesMessagesOverTheLimits() {
    assertThatThrownBy(() ->
            outbox.send(
                database, address("a"), new RpcCall("m", RpcCall.Encoding.CBOR, new byte[1_000])))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    for (int i = 0; i < 10; i++) {
      send("a", "m" + i);
    }
    assertThatThrownBy(() -> send("b", "one more"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_OVERLOADED))
        .hasMessageContaining("at most 10 messages");
    takes(work().getFirst());
    outbox.work(database);
    send("b", "one more");
  }

  @Test
  void numbersGrowAlsoWhenTheStorageGoesBackInTime() {
    send("a", "m0");
    database.commit();
    DatabaseImage then = database.image();
    nowMillis += 1;
    send("a", "m1");
    long last = work().getFirst().batch().lastNumber();
    database.close();
    database = DATABASES.open(then);
    outbox = outbox(SELF);
    nowMillis += 1;
    send("a", "m2");
    Outbox.Parcel parcel = work().getFirst();
    assertThat(methods(parcel)).containsExactly("m0", "m2");
    assertThat(parcel.batch().lastNumber()).isGreaterThan(last);
  }

  @Test
  void aCopyOfAnotherObjectsStorageSendsNothingOfIts() {
    send("a", "m0");
    database.commit();
    outbox = outbox(address("copy"));
    assertThat(Outbox.isWaiting(database)).isTrue();
    assertThat(work()).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).isEmpty();
    send("a", "mine");
    assertThat(methods(work().getFirst())).containsExactly("mine");
  }

  @Test
  void aMessageOfARolledBackTransactionIsNotSent() {
    database.putRow(RuntimeTable.OUTBOX, "something", new byte[0]);
    var savepoint = database.savepoint();
    send("a", "m0");
    database.rollbackTo(savepoint);
    database.release(savepoint);
    assertThat(work()).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).isEmpty();
  }
}
