package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.StoredAlarm;
import io.holdfast.persistence.history.HistoryFixture.TestObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectHistoryTest {
  @TempDir Path directory;
  private HistoryFixture fixture;

  private HistoryFixture keeping(Duration retention) {
    fixture = new HistoryFixture(directory, retention);
    return fixture;
  }

  @AfterEach
  void close() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void everyStateCanBeReadBackAcrossSnapshotsAndIncarnations() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 4);
    List<Bookmark> bookmarks = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      bookmarks.add(object.put("n", i));
      if (i % 7 == 6) {
        object.restart();
      }
    }
    for (int i = 0; i < 40; i++) {
      assertThat(object.valueAt(bookmarks.get(i), "n")).isEqualTo("" + i);
    }
    assertThat(bookmarks).isSortedAccordingTo((a, b) -> a.toString().compareTo(b.toString()));
  }

  @Test
  void beforeTheFirstCommitThereIsAnEmptyState() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 4);
    Bookmark before = fixture.history.latest(object.address);
    assertThat(before.txSeq()).isZero();
    object.put("n", 1);
    assertThat(fixture.history.state(object.address, before)).isEqualTo(StoredState.EMPTY);
  }

  @Test
  void aCommitOfSeveralPartsIsOneCommit() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 1000);
    Bookmark before = object.put("n", 1);
    byte[] large = new byte[900_000];
    new Random(3).nextBytes(large);
    object.database().put("large", large);
    Bookmark after = object.commit();
    assertThat(after.txSeq()).isEqualTo(before.txSeq() + 1);
    StoredCommit commit = fixture.history.commits(object.address, Long.MAX_VALUE, 1).getFirst();
    assertThat(commit.bytes()).isGreaterThan(900_000);
    assertThat(commit.databaseBytes()).isGreaterThan(900_000);
    assertThat(object.valueAt(before, "n")).isEqualTo("1");
    assertThat(object.valueAt(before, "large")).isEmpty();
    object.put("n", 2);
    assertThat(fixture.history.state(object.address, after).image().pageCount()).isGreaterThan(200);
  }

  @Test
  void commitsComeNewestFirstAndPageByPage() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 5);
    for (int i = 1; i <= 23; i++) {
      fixture.advance(Duration.ofSeconds(1));
      object.put("n", i);
    }
    List<Long> all = new ArrayList<>();
    long before = Long.MAX_VALUE;
    List<Long> page = object.commits(before, 4);
    while (!page.isEmpty()) {
      all.addAll(page);
      before = page.getLast();
      page = object.commits(before, 4);
    }
    assertThat(all).hasSize(23).startsWith(23L, 22L, 21L).endsWith(2L, 1L);
    StoredCommit commit = fixture.history.commits(object.address, 11, 1).getFirst();
    assertThat(commit.txSeq()).isEqualTo(10);
    assertThat(commit.wallMillis()).isEqualTo(HistoryFixture.START.plusSeconds(10).toEpochMilli());
    assertThat(commit.transactions()).isEqualTo(1);
  }

  @Test
  void aTimeNamesTheLastCommitBeforeIt() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 5);
    fixture.advance(Duration.ofDays(1));
    List<Bookmark> bookmarks = new ArrayList<>();
    List<Instant> times = new ArrayList<>();
    for (int i = 0; i < 23; i++) {
      times.add(fixture.now());
      bookmarks.add(object.put("n", i));
      fixture.advance(Duration.ofSeconds(10));
    }
    for (int i = 0; i < 23; i++) {
      Bookmark expected = bookmarks.get(i);
      assertThat(fixture.history.at(object.address, times.get(i))).isEqualTo(expected);
      assertThat(fixture.history.at(object.address, times.get(i).plusMillis(9_999)))
          .isEqualTo(expected);
    }
    assertThat(fixture.history.at(object.address, times.getFirst().minusMillis(1)).txSeq())
        .isZero();
    assertThat(fixture.history.at(object.address, fixture.now())).isEqualTo(bookmarks.getLast());
  }

  @Test
  void aReplacedStateIsARestoreThatCanBeUndone() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    object.database().alarm(Optional.of(new StoredAlarm(5_000, 1)));
    Bookmark one = object.put("n", 1);
    object.database().alarm(Optional.empty());
    Bookmark two = object.put("n", 2);
    Bookmark restored = object.replace(fixture.history.state(object.address, one));
    assertThat(restored.txSeq()).isEqualTo(two.txSeq() + 1);
    assertThat(object.valueAt(restored, "n")).isEqualTo("1");
    assertThat(object.alarmAt(restored)).hasValue(5_000);
    object.restart();
    assertThat(object.database().get("n")).hasValue("1".getBytes());
    assertThat(object.database().alarm()).hasValue(new StoredAlarm(5_000, 1));
    assertThat(fixture.history.commits(object.address, Long.MAX_VALUE, 10))
        .extracting(StoredCommit::isRestore)
        .containsExactly(true, false, false);
    Bookmark undone = object.replace(fixture.history.state(object.address, two));
    assertThat(object.valueAt(undone, "n")).isEqualTo("2");
    assertThat(object.alarmAt(undone)).isEmpty();
    assertThat(object.valueAt(restored, "n")).isEqualTo("1");
  }

  @Test
  void whatIsBeforeTheNextRestoreIsFoundFromABookmark() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    Bookmark one = object.put("n", 1);
    Bookmark request = object.put("n", 2);
    object.put("n", 3);
    object.replace(fixture.history.state(object.address, one));
    object.put("n", 5);
    StoredState before = fixture.history.stateBeforeRestore(object.address, request);
    assertThat(HistoryFixture.value(before.image(), "n")).isEqualTo("3");
    Bookmark last = fixture.history.latest(object.address);
    assertThat(
            HistoryFixture.value(
                fixture.history.stateBeforeRestore(object.address, last).image(), "n"))
        .isEqualTo("5");
  }

  @Test
  void aBookmarkOfAnotherObjectIsRefused() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    TestObject other = fixture.object("0b", 3);
    object.put("n", 1);
    Bookmark foreign = other.put("n", 1);
    refuses(() -> fixture.history.state(object.address, foreign), "one of another object");
  }

  @Test
  void aBookmarkOfTheFutureIsRefused() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    object.put("n", 1);
    Bookmark future = Bookmark.of(object.address, 2, 1);
    refuses(() -> fixture.history.state(object.address, future), "one of the future");
  }

  @Test
  void aBookmarkOfAnEpochThatNeverWroteItIsRefused() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    object.put("n", 1);
    Bookmark invented = Bookmark.of(object.address, 1, 9);
    refuses(() -> fixture.history.state(object.address, invented), "which it never had");
  }

  @Test
  void aTimeOfTheFutureOrBeforeTheRetentionIsRefused() {
    TestObject object = keeping(Duration.ofDays(30)).object("0a", 3);
    object.put("n", 1);
    Instant now = fixture.now();
    refuses(() -> fixture.history.at(object.address, now.plusMillis(1)), "in the future");
    refuses(
        () -> fixture.history.at(object.address, now.minus(Duration.ofDays(30)).minusMillis(1)),
        "the history that is kept");
  }

  @Test
  void withoutHistoryNothingCanBeGoneBackTo() {
    TestObject object = keeping(Duration.ZERO).object("0a", 3);
    Bookmark bookmark = object.put("n", 1);
    refuses(() -> fixture.history.state(object.address, bookmark), "retention = 0");
    refuses(() -> fixture.history.at(object.address, fixture.now()), "retention = 0");
    assertThat(fixture.history.latest(object.address)).isEqualTo(bookmark);
  }

  private static void refuses(Runnable call, String text) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining(text);
  }
}
