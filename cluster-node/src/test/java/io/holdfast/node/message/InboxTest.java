package io.holdfast.node.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ListOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InboxTest {
  private static final ObjectDatabases DATABASES =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1_000);

  private long nowMillis = 1_700_000_000_000L;
  private final ObjectDatabase database = DATABASES.open(DatabaseImage.EMPTY);
  private final Inbox inbox = new Inbox(Settings.QUICK, () -> Instant.ofEpochMilli(nowMillis));
  private final List<Long> taken = new ArrayList<>();

  @AfterEach
  void close() {
    database.close();
  }

  private static Batch batch(String sender, long... numbers) {
    return new Batch(
        sender,
        Arrays.stream(numbers)
            .mapToObj(number -> new Letter(number, "m", new byte[0], Optional.empty()))
            .toList());
  }

  private Receipt carryOut(Batch batch, long refused, boolean kept) {
    return inbox.carryOut(
        database,
        batch,
        (letter, attempt) -> {
          database.put("letter " + letter.number(), new byte[0]);
          if (kept) {
            attempt.keep();
          }
          if (letter.number() == refused) {
            return new Receipt.Refusal(ErrorCode.OBJECT_FAILED, "no", false);
          }
          taken.add(letter.number());
          return null;
        });
  }

  @Test
  void eachMessageOfASenderIsTakenOnce() {
    assertThat(carryOut(batch("a", 1, 2, 5), 0, false)).isEqualTo(new Receipt(5, Optional.empty()));
    assertThat(carryOut(batch("a", 2, 5, 7), 0, false)).isEqualTo(new Receipt(7, Optional.empty()));
    assertThat(carryOut(batch("a", 1, 2), 0, false)).isEqualTo(new Receipt(7, Optional.empty()));
    assertThat(carryOut(batch("b", 1), 0, false).through()).isEqualTo(1);
    assertThat(taken).containsExactly(1L, 2L, 5L, 7L, 1L);
  }

  @Test
  void whatARefusedOneWroteIsUndoneAndThoseBehindItWait() {
    Receipt receipt = carryOut(batch("a", 1, 2, 3), 2, false);
    assertThat(receipt.through()).isEqualTo(1);
    assertThat(receipt.refusal()).isPresent();
    assertThat(taken).containsExactly(1L);
    assertThat(database.get("letter 1")).isPresent();
    assertThat(database.get("letter 2")).isEmpty();
    assertThat(carryOut(batch("a", 1, 2, 3), 0, false).through()).isEqualTo(3);
    assertThat(taken).containsExactly(1L, 2L, 3L);
  }

  @Test
  void whatWasCommittedInBetweenStays() {
    carryOut(batch("a", 1), 1, true);
    assertThat(database.get("letter 1")).isPresent();
    assertThat(inbox.through(database, "a")).isZero();
  }

  @Test
  void batchesOfOneSenderDoNotOverlap() {
    assertThat(inbox.enter("a")).isTrue();
    assertThat(inbox.enter("a")).isFalse();
    assertThat(inbox.enter("b")).isTrue();
    inbox.leave("a");
    assertThat(inbox.enter("a")).isTrue();
  }

  @Test
  void sendersAreForgottenOnceNothingOfTheirsCanComeAgain() {
    for (int i = 0; i < 20; i++) {
      carryOut(batch("old" + i, Numbers.next(0, nowMillis)), 0, false);
    }
    nowMillis += Settings.QUICK.ageMax().toMillis();
    for (int i = 0; i < 20; i++) {
      carryOut(batch("young" + i, Numbers.next(0, nowMillis)), 0, false);
    }
    assertThat(senders()).hasSize(40);
    nowMillis += Duration.ofDays(2).toMillis() + 1;
    for (int i = 0; i < 40; i++) {
      carryOut(batch("new" + i, Numbers.next(0, nowMillis)), 0, false);
    }
    assertThat(senders())
        .noneMatch(sender -> sender.startsWith("old"))
        .filteredOn(sender -> sender.startsWith("young"))
        .hasSizeGreaterThan(0);
  }

  private List<String> senders() {
    return List.copyOf(
        database.rows(RuntimeTable.INBOX, KeyRange.of(ListOptions.ALL)).sequencedKeySet());
  }
}
