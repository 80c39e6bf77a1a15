package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.StoredAlarm;
import io.holdfast.persistence.history.HistoryFixture.TestObject;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryTrimTest {
  private static final Duration MONTH = Duration.ofDays(30);

  @TempDir Path directory;
  private HistoryFixture fixture;

  private HistoryFixture keeping(Duration retention) {
    fixture = new HistoryFixture(directory, retention);
    return fixture;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aSleepingObjectKeepsTheOneSnapshotItStartsFromForever() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 4);
    for (int i = 0; i < 10; i++) {
      object.put("n", i);
    }
    object.release();
    long newest = fixture.snapshots(object).getLast();
    fixture.advance(Duration.ofDays(1000));
    sweepAll();
    assertThat(newest).isLessThan(10);
    assertThat(fixture.snapshots(object)).containsExactly(10L);
    assertThat(fixture.firstEvent(object)).isZero();
    fixture.advance(Duration.ofDays(1000));
    sweepAll();
    assertThat(fixture.snapshots(object)).containsExactly(10L);
    object.start();
    assertThat(object.database().get("n")).hasValue("9".getBytes());
    Bookmark next = object.put("n", 10);
    assertThat(next.txSeq()).isEqualTo(11);
    assertThat(object.valueAt(next, "n")).isEqualTo("10");
  }

  /// It starts from its events, until they are in a snapshot that is made beside it.
  @Test
  void anObjectThatNeverHadASnapshotKeepsTheRetentionAndNothingBeforeIt() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 1000);
    Bookmark first = object.put("n", 0);
    Bookmark second = object.put("n", 1);
    fixture.advance(Duration.ofDays(20));
    Bookmark third = object.put("n", 2);
    object.release();
    sweepAll();
    assertThat(fixture.snapshots(object)).isEmpty();
    assertThat(object.valueAt(first, "n")).isEqualTo("0");

    fixture.advance(Duration.ofDays(11));
    sweepAll();
    assertThat(fixture.snapshots(object)).containsExactly(2L);
    assertThat(fixture.firstEvent(object)).isEqualTo(3);
    assertThat(object.valueAt(second, "n")).isEqualTo("1");
    assertThat(object.valueAt(third, "n")).isEqualTo("2");

    fixture.advance(Duration.ofDays(1000));
    sweepAll();
    assertThat(fixture.snapshots(object)).containsExactly(3L);
    assertThat(fixture.firstEvent(object)).isZero();
    object.start();
    assertThat(object.database().get("n")).hasValue("2".getBytes());
    assertThat(object.valueAt(object.put("n", 3), "n")).isEqualTo("3");
  }

  @Test
  void anObjectInUseThatNeverHadASnapshotGoesOnWhileItsPastIsDeleted() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 1000);
    for (int i = 0; i < 10; i++) {
      object.database().alarm(Optional.of(new StoredAlarm(1_000 + i, 0)));
      object.put("n", i);
      fixture.advance(Duration.ofDays(8));
    }
    sweepAll();
    assertThat(fixture.firstEvent(object)).isEqualTo(fixture.snapshots(object).getLast() + 1);
    assertThat(fixture.snapshots(object)).containsExactly(7L);
    Bookmark next = object.put("n", 10);
    assertThat(object.alarmAt(next)).hasValue(1_009);
    object.restart();
    assertThat(object.database().get("n")).hasValue("10".getBytes());
    assertThat(next.txSeq()).isEqualTo(11);
  }

  /// A commit of several events, and a state that was deleted.
  @Test
  void onlyWholeCommitsComeIntoASnapshotThatIsMadeBesideAnObject() throws Exception {
    TestObject large = keeping(MONTH).object("0a", 1000);
    byte[] noise = new byte[500_000];
    new Random(3).nextBytes(noise);
    large.database().put("noise", noise);
    Bookmark last = large.put("n", 0);
    large.release();
    TestObject deleted = fixture.object("0b", 1000);
    deleted.put("n", 0);
    deleted.database().deleteAll();
    deleted.commit();
    deleted.release();
    fixture.advance(Duration.ofDays(31));
    sweepAll();
    assertThat(fixture.snapshots(large)).hasSize(1);
    assertThat(fixture.snapshots(large).getFirst()).isGreaterThan(1);
    assertThat(fixture.firstEvent(large)).isZero();
    assertThat(large.valueAt(last, "n")).isEqualTo("0");
    assertThat(fixture.firstEvent(deleted)).isZero();
    large.start();
    assertThat(large.database().get("noise")).hasValue(noise);
    deleted.start();
    assertThat(deleted.database().get("n")).isEmpty();
    deleted.put("n", 7);
    deleted.restart();
    assertThat(deleted.database().get("n")).hasValue("7".getBytes());
  }

  /// A database beyond what a snapshot holds inline: its pages are in chunks of their own.
  @Test
  void theHistoryOfALargeDatabaseKeepsItsChunksAndThenLetsThemGo() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 3);
    Random random = new Random(7);
    List<Bookmark> bookmarks = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      byte[] noise = new byte[150_000];
      random.nextBytes(noise);
      object.database().put("noise-" + i % 6, noise);
      bookmarks.add(object.put("n", i));
    }
    object.restart();
    for (int i = 0; i < 18; i++) {
      assertThat(object.valueAt(bookmarks.get(i), "n")).isEqualTo("" + i);
    }
    long kept = fixture.chunks();
    long ofOneState = 6 * 150_000 / (64 * 1024) + 1;
    assertThat(kept).isGreaterThan(ofOneState + 4);
    fixture.advance(Duration.ofDays(31));
    // States that were looked at hold their chunks as long as they are reachable.
    System.gc();
    sweepAll();
    assertThat(fixture.chunks()).as("chunks, of %d", kept).isLessThan(kept);
    assertThat(object.valueAt(bookmarks.getLast(), "n")).isEqualTo("17");
    object.restart();
    assertThat(object.database().get("n")).hasValue("17".getBytes());
    assertThat(object.database().get("noise-3").orElseThrow()).hasSize(150_000);
  }

  /// The numbers of events go on where all of them were deleted.
  @Test
  void anObjectWhoseEventsAreAllGoneGoesOn() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 4);
    for (int i = 0; i < 4; i++) {
      object.put("n", i);
    }
    Bookmark last = fixture.history.latest(object.address);
    object.release();
    fixture.advance(Duration.ofDays(31));
    sweepAll();
    assertThat(fixture.firstEvent(object)).isZero();
    assertThat(fixture.history.latest(object.address)).isEqualTo(last);
    assertThat(object.valueAt(last, "n")).isEqualTo("3");
    object.start();
    Bookmark next = object.put("n", 4);
    assertThat(object.valueAt(last, "n")).isEqualTo("3");
    assertThat(object.valueAt(next, "n")).isEqualTo("4");
    Bookmark start = Bookmark.of(object.address, 0, 0);
    assertThatThrownBy(() -> fixture.history.state(object.address, start))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("with which its history begins");
  }

  /// Random commits, restores, sleeps and restarts: each state of the last 30 days can be read at
  /// any time, and what is stored stays within bounds.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatTheRetentionPromisesIsThere(long seed) throws Exception {
    Random random = new Random(seed);
    TestObject object = keeping(MONTH).object("0a", 5);
    TreeMap<Instant, Bookmark> states = new TreeMap<>();
    Map<Bookmark, String> values = new TreeMap<>((a, b) -> (a + "").compareTo(b + ""));
    for (int i = 0; i < 250; i++) {
      fixture.advance(Duration.ofMinutes(random.nextInt(3_000)));
      byte[] noise = new byte[random.nextInt(4_000)];
      random.nextBytes(noise);
      object.database().put("noise", noise);
      Bookmark bookmark = object.put("n", i);
      states.put(fixture.now(), bookmark);
      values.put(bookmark, "" + i);
      if (random.nextInt(15) == 0) {
        fixture.advance(Duration.ofSeconds(1));
        Bookmark target = random(promised(states), random);
        Bookmark restored = object.replace(fixture.history.state(object.address, target));
        states.put(fixture.now(), restored);
        values.put(restored, values.get(target));
      }
      if (random.nextInt(20) == 0) {
        object.restart();
      }
      if (random.nextInt(10) == 0) {
        sweepAll();
      }
      check(object, states, values, random, "seed " + seed + ", commit " + i);
    }
    object.release();
    sweepAll();
    assertThat(fixture.firstEvent(object)).as("seed %d", seed).isGreaterThan(150);
    assertThat(fixture.snapshots(object)).as("seed %d", seed).hasSizeLessThan(30);
  }

  /// All states that were current within the retention, the oldest first.
  private List<Bookmark> promised(TreeMap<Instant, Bookmark> states) {
    Instant oldest = fixture.now().minus(MONTH);
    var first = states.floorEntry(oldest);
    return List.copyOf(states.tailMap(first == null ? oldest : first.getKey()).values());
  }

  private static Bookmark random(List<Bookmark> bookmarks, Random random) {
    return bookmarks.get(random.nextInt(bookmarks.size()));
  }

  private void check(
      TestObject object,
      TreeMap<Instant, Bookmark> states,
      Map<Bookmark, String> values,
      Random random,
      String what) {
    List<Bookmark> promised = promised(states);
    Bookmark one = random(promised, random);
    assertThat(object.valueAt(one, "n")).as("%s, %s", what, one).isEqualTo(values.get(one));
    assertThat(object.valueAt(promised.getFirst(), "n"))
        .as(what)
        .isEqualTo(values.get(promised.getFirst()));
    Instant time = fixture.now().minusSeconds(random.nextInt((int) MONTH.toSeconds()));
    Bookmark at = fixture.history.at(object.address, time);
    Bookmark expected =
        states.floorEntry(time) == null
            ? Bookmark.of(object.address, 0, 0)
            : states.floorEntry(time).getValue();
    assertThat(at).as("%s, %s", what, time).isEqualTo(expected);
  }

  @Test
  void whatIsOlderThanTheRetentionIsRefusedByName() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 4);
    Bookmark old = object.put("n", 0);
    for (int i = 1; i < 20; i++) {
      object.put("n", i);
    }
    fixture.advance(Duration.ofDays(31));
    for (int i = 20; i < 28; i++) {
      object.put("n", i);
    }
    object.release();
    sweepAll();
    assertThatThrownBy(() -> fixture.history.state(object.address, old))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("with which its history begins, found " + old);
    assertThat(object.commits(Long.MAX_VALUE, 100)).startsWith(28L).doesNotContain(1L);
  }

  @Test
  void snapshotsOfTheRetentionAreSpacedAndARestoreReplaysABoundedNumberOfBytes() throws Exception {
    TestObject object = keeping(MONTH).object("0a", 2);
    Random random = new Random(5);
    List<Bookmark> bookmarks = new ArrayList<>();
    int bytes = 0;
    for (int i = 0; i < 300; i++) {
      byte[] noise = new byte[2_000];
      random.nextBytes(noise);
      bytes += noise.length;
      object.database().put("noise", noise);
      bookmarks.add(object.put("n", i));
    }
    object.release();
    // Two neighbours have more than 64 KiB of events between the ones beside them.
    assertThat(fixture.snapshots(object).size()).isBetween(5, 2 * bytes / (64 << 10) + 4);
    for (int i = 0; i < 300; i += 7) {
      assertThat(object.valueAt(bookmarks.get(i), "n")).isEqualTo("" + i);
    }
    long largestGap = 0;
    long before = 0;
    for (long snapshot : fixture.snapshots(object)) {
      largestGap = Math.max(largestGap, snapshot - before);
      before = snapshot;
    }
    // Commits go on while a snapshot is saved: on a slow machine the next one comes later.
    assertThat(largestGap * 2_000).isLessThan(4 * (64 << 10));
  }

  @Test
  void withoutHistoryTheNewestTwoSnapshotsStayAndTheEventsAfterThem() throws Exception {
    TestObject object = keeping(Duration.ZERO).object("0a", 4);
    for (int i = 0; i < 30; i++) {
      object.put("n", i);
    }
    object.restart();
    assertThat(fixture.snapshots(object)).hasSize(2);
    assertThat(fixture.firstEvent(object)).isEqualTo(fixture.snapshots(object).getFirst() + 1);
    assertThat(object.database().get("n")).hasValue("29".getBytes());
    sweepAll();
    object.restart();
    assertThat(object.database().get("n")).hasValue("29".getBytes());
    assertThat(object.put("n", 30).txSeq()).isEqualTo(31);
  }

  @Test
  void aSweepGoesRoundAllObjectsInBoundedSteps() throws Exception {
    keeping(MONTH);
    List<TestObject> objects = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      TestObject object = fixture.object("0" + i, 2);
      for (int n = 0; n < 3; n++) {
        object.put("n", n);
        object.put("m", n);
        // Waits for the snapshot.
        object.restart();
      }
      object.release();
      objects.add(object);
    }
    fixture.advance(Duration.ofDays(31));
    HistorySweep sweep = fixture.sweep();
    assertThat(HistoryFixture.await(sweep.step())).isEqualTo(2);
    assertThat(fixture.snapshots(objects.get(0))).hasSize(1);
    assertThat(fixture.snapshots(objects.get(4))).hasSizeGreaterThan(1);
    assertThat(HistoryFixture.await(sweep.step())).isEqualTo(2);
    assertThat(HistoryFixture.await(sweep.step())).isEqualTo(1);
    for (TestObject object : objects) {
      assertThat(fixture.snapshots(object)).containsExactly(6L);
    }
    assertThat(HistoryFixture.await(sweep.step())).isEqualTo(2);
  }

  private void sweepAll() throws Exception {
    HistorySweep sweep = fixture.sweep();
    while (HistoryFixture.await(sweep.step()) == fixture.config.sweepObjectsMax()) {}
  }
}
