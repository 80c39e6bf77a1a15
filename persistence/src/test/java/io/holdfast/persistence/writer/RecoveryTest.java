package io.holdfast.persistence.writer;

import static io.holdfast.persistence.writer.Histories.joined;
import static io.holdfast.persistence.writer.Histories.recover;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageHashes;
import io.holdfast.persistence.writer.Histories.Writer;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryTest {
  private final Writer one = Writer.after(List.of());
  private List<PageDelta> first;
  private List<PageDelta> second;

  @BeforeEach
  void twoCommitsOfTheFirstEpoch() {
    first = one.small();
    second = one.small();
  }

  @Test
  void nothingStoredIsTheEmptyImage() {
    StoredObject nothing = recover(List.of());
    assertThat(nothing.image().isEmpty()).isTrue();
    assertThat(nothing.txSeq()).isZero();
    assertThat(nothing.epoch()).isZero();
    assertThat(nothing.alarm()).isEmpty();
  }

  @Test
  void allCommitsInOrderAreTheLastImage() {
    StoredObject recovered = recover(joined(first, second, one.large(), one.small()));
    assertIs(recovered, one, 4);
    assertThat(recovered.log().events()).isEqualTo(6);
  }

  @Test
  void eventsOfALowerEpochBetweenThoseOfAHigherOneAreSkipped() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> third = two.small();
    List<PageDelta> zombie = joined(one.small(), one.large());
    assertIs(recover(joined(first, second, third, zombie, two.small())), two, 4);
  }

  @Test
  void theCommitOfAZombieThatItsSuccessorDidNotSeeIsDropped() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> zombie = one.large();
    List<PageDelta> claim = two.claim();
    assertIs(recover(joined(first, second, zombie, claim)), two, 3);
    List<PageDelta> later = joined(one.small(), two.small(), two.small());
    assertIs(recover(joined(first, second, zombie, claim, later)), two, 5);
  }

  @Test
  void aSuccessorThatMissedMoreThanOneCommitIsCorruptionBecauseTheyMayHaveBeenAcknowledged() {
    Writer two = Writer.after(first);
    assertCorrupt(
        joined(first, second, one.small(), two.small()),
        "at txSeq 4: expected this commit, found txSeq 2");
  }

  @Test
  void aZombieThatIsTwoEpochsBehindIsDroppedToo() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> claim = two.claim();
    Writer three = Writer.after(joined(first, second, claim));
    List<PageDelta> stored =
        joined(first, second, one.small(), claim, one.small(), two.small(), three.small());
    assertIs(recover(joined(stored, two.small(), one.small(), three.large())), three, 5);
  }

  @Test
  void anIncompleteLastGroupIsDroppedButItsEpochCounts() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> large = two.large();
    for (int stored = 1; stored < large.size(); stored++) {
      StoredObject recovered = recover(joined(first, second, large.subList(0, stored)));
      assertThat(recovered.txSeq()).isEqualTo(2);
      assertThat(recovered.epoch()).isEqualTo(2);
      assertThat(recovered.image().bytes()).isEqualTo(one.image().bytes());
    }
  }

  @Test
  void anIncompleteGroupThatALaterEpochContinuedFromIsDropped() {
    List<PageDelta> cut = joined(first, second, one.large().subList(0, 2));
    Writer two = Writer.after(cut);
    assertThat(two.epoch()).isEqualTo(2);
    assertIs(recover(joined(cut, two.small(), two.large())), two, 4);
  }

  @Test
  void aZombiesIncompleteGroupBetweenItsSuccessorsPartsIsSkipped() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> zombie = one.large();
    List<PageDelta> large = two.large();
    List<PageDelta> mixed = new ArrayList<>();
    for (int i = 0; i < large.size(); i++) {
      mixed.add(large.get(i));
      mixed.add(zombie.get(i));
    }
    assertIs(recover(joined(first, second, mixed)), two, 3);
  }

  @Test
  void theAlarmIsThatOfTheLastCommit() {
    List<PageDelta> set = one.alarm(OptionalLong.of(77));
    assertThat(recover(joined(first, second, set)).alarm()).hasValue(77);
    List<PageDelta> kept = one.small();
    assertThat(recover(joined(first, second, set, kept)).alarm()).hasValue(77);
    List<PageDelta> cleared = one.alarm(OptionalLong.empty());
    assertThat(recover(joined(first, second, set, kept, cleared)).alarm()).isEmpty();
  }

  @Test
  void anAlarmOfAZombieIsNotTaken() {
    Writer two = Writer.after(joined(first, second));
    List<PageDelta> zombie = one.alarm(OptionalLong.of(5));
    assertThat(recover(joined(first, second, zombie, two.claim())).alarm()).isEmpty();
  }

  @Test
  void aSnapshotAndTheEventsAfterItAreTheSameAsAllEvents() {
    one.alarm(OptionalLong.of(77));
    one.large();
    ImageSnapshot snapshot = ImageSnapshot.parse(one.snapshot().bytes());
    List<PageDelta> later = joined(one.small(), one.small());
    Recovery recovery = new Recovery(Histories.OBJECT);
    recovery.start(snapshot);
    later.forEach(recovery::add);
    StoredObject recovered = recovery.finish();
    assertIs(recovered, one, 6);
    assertThat(recovered.alarm()).hasValue(77);
    assertThat(recovered.log().snapshotBytes()).isEqualTo(snapshot.bytes().length);
  }

  @Test
  void manyCommitsAreAllApplied() {
    List<PageDelta> all = joined(first, second);
    for (int i = 0; i < 100; i++) {
      all.addAll(i % 10 == 0 ? one.large() : one.small());
    }
    assertIs(recover(all), one, 102);
  }

  @Test
  void aMissingEventIsCorruption() {
    assertCorrupt(joined(first, one.small()), "at txSeq 2: expected this commit, found txSeq 3");
    assertCorrupt(second, "at txSeq 1: expected this commit, found txSeq 2");
  }

  @Test
  void aDuplicatedEventIsCorruption() {
    assertCorrupt(joined(first, second, second), "at txSeq 3: expected this commit, found txSeq 2");
  }

  @Test
  void eventsInTheWrongOrderAreCorruption() {
    assertCorrupt(joined(second, first), "at txSeq 1");
  }

  @Test
  void aGroupThatIsIncompleteBeforeOthersOfItsEpochIsCorruption() {
    List<PageDelta> large = one.large();
    List<PageDelta> next = one.small();
    assertCorrupt(
        joined(first, second, large.subList(0, 2), next),
        "at txSeq 3: expected the last of its parts, found the first part of txSeq 4");
    assertCorrupt(
        joined(first, second, large.subList(1, 3), next), "at txSeq 3: expected the first");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aGroupWithoutOneOfItsPartsIsCorruption(int missing) {
    List<PageDelta> large = new ArrayList<>(one.large());
    large.remove(missing);
    assertCorrupt(joined(first, second, large), "at txSeq 3");
  }

  @Test
  void anEventOfAnotherHistoryIsCorruption() {
    Writer other = Writer.after(List.of());
    other.large();
    List<PageDelta> foreign = other.small();
    assertCorrupt(joined(first, foreign), "at txSeq 2: expected sum");
  }

  @Test
  void aSuccessorThatSawMoreThanIsThereIsCorruption() {
    Writer two = Writer.after(joined(first, second));
    assertCorrupt(joined(first, two.small()), "at txSeq 2: expected this commit, found txSeq 3");
  }

  @Test
  void aSnapshotWhoseSumIsWrongIsCorruption() {
    ImageSnapshot.Header header = one.snapshot().header();
    ImageSnapshot wrong =
        ImageSnapshot.of(
            one.image(),
            new ImageSnapshot.Header(header.txSeq(), header.epoch(), header.sum() + 1, -1));
    assertThatThrownBy(() -> new Recovery(Histories.OBJECT).start(wrong))
        .hasMessageContaining("object app.rooms/0123 is corrupt at txSeq 2: ");
  }

  private static void assertCorrupt(List<PageDelta> events, String message) {
    assertThatThrownBy(() -> recover(events))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT))
        .hasMessageContaining("object app.rooms/0123 is corrupt " + message);
  }

  private static void assertIs(StoredObject recovered, Writer writer, long txSeq) {
    assertThat(recovered.txSeq()).isEqualTo(txSeq);
    assertThat(recovered.epoch()).isEqualTo(writer.epoch());
    assertThat(recovered.image().bytes()).isEqualTo(writer.image().bytes());
    assertThat(recovered.hashes().sum()).isEqualTo(PageHashes.of(writer.image()).sum());
  }
}
