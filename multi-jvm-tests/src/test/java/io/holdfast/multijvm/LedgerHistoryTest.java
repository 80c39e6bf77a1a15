package io.holdfast.multijvm;

import static io.holdfast.multijvm.LedgerHistory.Violation.DUPLICATED;
import static io.holdfast.multijvm.LedgerHistory.Violation.LOST;
import static io.holdfast.multijvm.LedgerHistory.Violation.OVERLAPPING_OWNERS;
import static io.holdfast.multijvm.LedgerHistory.Violation.STALE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LedgerHistoryTest {
  private final LedgerHistory history = new LedgerHistory();

  private Set<LedgerHistory.Violation> violations(String... tokens) {
    return history.check(List.of(tokens)).stream()
        .map(LedgerHistory.Found::violation)
        .collect(Collectors.toSet());
  }

  @Test
  void whatOneObjectCanHaveAnsweredIsFine() {
    history.read("", 0, 0, 5);
    history.added("a", 1, 1, 10);
    history.added("b", 2, 2, 4);
    history.read("b", 2, 5, 6);
    history.read("c", 3, 11, 20);
    assertThat(violations("a", "b", "c")).isEmpty();
  }

  @Test
  void anAcknowledgedEntryThatIsMissingIsLost() {
    history.added("a", 1, 1, 2);
    assertThat(violations()).contains(LOST);
  }

  @Test
  void anEntryThatIsThereTwiceIsDuplicated() {
    history.added("a", 1, 1, 2);
    assertThat(violations("a", "a")).containsExactly(DUPLICATED);
  }

  @Test
  void twoThatWereToldTheSamePlaceHadTwoOwners() {
    history.added("a", 1, 1, 2);
    history.added("b", 1, 1, 2);
    assertThat(violations("a", "b")).containsExactly(OVERLAPPING_OWNERS);
  }

  @Test
  void whatWasReadAndIsNotThereWasOfAnotherOwner() {
    history.read("x", 2, 1, 2);
    assertThat(violations("a", "b")).containsExactly(OVERLAPPING_OWNERS);
    assertThat(violations("a")).containsExactly(OVERLAPPING_OWNERS);
  }

  @Test
  void aReadingOfWhatWasBeforeSomethingThatHadEndedIsStale() {
    history.added("a", 1, 1, 2);
    history.added("b", 2, 3, 4);
    history.read("a", 1, 5, 6);
    assertThat(violations("a", "b")).containsExactly(STALE);
  }

  @Test
  void anAdditionThatComesBeforeOneThatHadEndedIsStale() {
    history.added("b", 2, 1, 2);
    history.added("a", 1, 3, 4);
    assertThat(violations("a", "b")).containsExactly(STALE);
  }

  @Test
  void recoveryIsTheFirstAnswerToWhatWasAskedLater() {
    history.added("a", 1, 1, 30);
    history.added("b", 2, 12, 25);
    history.added("c", 3, 20, 40);
    assertThat(history.recovery(10)).isEqualTo(15);
    assertThat(history.recovery(100)).isEqualTo(-1);
  }
}
