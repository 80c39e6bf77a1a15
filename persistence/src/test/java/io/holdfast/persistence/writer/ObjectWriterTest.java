package io.holdfast.persistence.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.persistence.writer.ObjectWriter.Command;
import io.holdfast.persistence.writer.ObjectWriter.Event;
import io.holdfast.persistence.writer.ObjectWriter.Failed;
import io.holdfast.persistence.writer.ObjectWriter.Persist;
import io.holdfast.persistence.writer.ObjectWriter.Persisted;
import io.holdfast.persistence.writer.ObjectWriter.Recovered;
import io.holdfast.persistence.writer.ObjectWriter.Release;
import io.holdfast.persistence.writer.ObjectWriter.Released;
import io.holdfast.persistence.writer.ObjectWriter.Replace;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.event.AlarmCarrier;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ObjectWriterTest {
  private static final ObjectAddress ADDRESS = ObjectAddress.parse("app.rooms/" + "0a".repeat(32));
  private static final SnapshotPolicy SELDOM = new SnapshotPolicy(1 << 30, 1_000_000, 50, 1 << 26);

  private final String storeName = UUID.randomUUID().toString();
  private final MemoryStore store = MemoryStore.named(storeName);
  private final ActorTestKit kit = ActorTestKit.create(MemoryStore.config(storeName));
  private final TestProbe<Event> owner = kit.createTestProbe();
  private final Random random = new Random(1);
  private DatabaseImage image = DatabaseImage.EMPTY;
  private OptionalLong alarm = OptionalLong.empty();
  private long through;

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void anObjectThatNeverStoredRecoversEmptyAndWritesNothing() {
    ActorRef<Command> writer = start();
    assertThat(recovered())
        .isEqualTo(new Recovered(DatabaseImage.EMPTY, 0, 1, OptionalLong.empty()));
    release(writer);
    assertThat(store.events()).isEmpty();
    assertThat(store.snapshotNumbers()).isEmpty();
  }

  @Test
  void whatWasPersistedIsThereInTheNextIncarnation() {
    ActorRef<Command> writer = started();
    small(writer);
    alarm = OptionalLong.of(1234);
    large(writer);
    small(writer);
    release(writer);
    start();
    Recovered again = recovered();
    assertThat(again.image().bytes()).isEqualTo(image.bytes());
    assertThat(again.txSeq()).isEqualTo(3);
    assertThat(again.epoch()).isEqualTo(2);
    assertThat(again.alarm()).hasValue(1234);
  }

  @Test
  void aCommitOfSeveralPartsIsAcknowledgedAfterTheLastOfThem() {
    ActorRef<Command> writer = started();
    store.holds();
    writer.tell(nextLarge());
    for (int part = 1; part <= 3; part++) {
      int stored = part;
      await(() -> store.waiting() == 1 && store.events().size() == stored);
      owner.expectNoMessage(Duration.ofMillis(20));
      store.releaseWaiting();
    }
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(1));
  }

  @Test
  void aCommitCutShortByACrashIsNotThereAndItsEpochIsNotUsedAgain() {
    ActorRef<Command> writer = started();
    small(writer);
    DatabaseImage before = image;
    large(writer);
    release(writer);
    store.keepEvents(3);
    start();
    Recovered again = recovered();
    assertThat(again.image().bytes()).isEqualTo(before.bytes());
    assertThat(again.txSeq()).isEqualTo(1);
    assertThat(again.epoch()).isEqualTo(2);
  }

  @Test
  void aReplacementIsARestoreOfStateAndAlarm() {
    ActorRef<Command> writer = started();
    small(writer);
    DatabaseImage old = image;
    small(writer);
    writer.tell(new Replace(old, OptionalLong.of(77), ++through));
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(through));
    assertThat(header(1).has(DeltaHeader.RESTORE)).isFalse();
    assertThat(header(2).has(DeltaHeader.RESTORE)).isTrue();
    assertThat(((AlarmCarrier) store.events().get(2).live()).alarmChange())
        .isEqualTo(new AlarmChange.Set(ADDRESS.key(), 77));
    release(writer);
    start();
    Recovered again = recovered();
    assertThat(again.image().bytes()).isEqualTo(old.bytes());
    assertThat(again.alarm()).hasValue(77);
    assertThat(again.txSeq()).isEqualTo(3);
  }

  @Test
  void aReplacementCutShortByACrashIsNotThere() {
    ActorRef<Command> writer = started();
    small(writer);
    DatabaseImage before = image;
    byte[] bytes = new byte[130 * 4096];
    random.nextBytes(bytes);
    writer.tell(new Replace(new DatabaseImage(bytes, 4096), OptionalLong.of(1), ++through));
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(through));
    assertThat(store.events()).hasSize(4);
    release(writer);
    for (int kept = 3; kept >= 1; kept--) {
      store.keepEvents(kept);
      ActorRef<Command> next = start();
      Recovered again = recovered();
      assertThat(again.image().bytes()).isEqualTo(before.bytes());
      assertThat(again.alarm()).isEmpty();
      release(next);
    }
  }

  @Test
  void theFirstStateOfAForkIsACommitLikeAnyOther() {
    ActorRef<Command> writer = started();
    writer.tell(new Replace(new DatabaseImage(new byte[4096], 4096), OptionalLong.empty(), 1));
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(1));
    assertThat(header(0).has(DeltaHeader.RESTORE)).isFalse();
    assertThat(header(0).txSeq()).isEqualTo(1);
  }

  @Test
  void anEventCarriesTheAlarmOnlyWhenItChanges() {
    ActorRef<Command> writer = started();
    small(writer);
    alarm = OptionalLong.of(7);
    small(writer);
    small(writer);
    alarm = OptionalLong.empty();
    small(writer);
    assertThat(store.events().stream().map(row -> ((AlarmCarrier) row.live()).alarmChange()))
        .containsExactly(
            null,
            new AlarmChange.Set(ADDRESS.key(), 7),
            null,
            new AlarmChange.Cleared(ADDRESS.key()));
  }

  @Test
  void eventsSayWhenTheyWereWrittenAndHowManyTransactionsTheyMerge() {
    ActorRef<Command> writer = started();
    Persist one = nextSmall();
    Persist two = nextSmall();
    writer.tell(new Persist(one.commit().mergedWith(two.commit()), two.through()));
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(2));
    DeltaHeader header = header(0);
    assertThat(header.commits()).isEqualTo(2);
    assertThat(header.wallMillis()).isEqualTo(5000);
    assertThat(header.txSeq()).isEqualTo(1);
  }

  @Test
  void aWriterThatClaimsFirstServesWhenItsClaimIsDurable() {
    store.holds();
    start(ClaimPolicy.BEFORE_SERVING, SELDOM);
    await(() -> store.waiting() == 1);
    owner.expectNoMessage(Duration.ofMillis(20));
    store.release();
    assertThat(recovered().txSeq()).isEqualTo(1);
    assertThat(header(0).commits()).isZero();
    assertThat(header(0).epoch()).isEqualTo(1);
    start(ClaimPolicy.BEFORE_SERVING, SELDOM);
    assertThat(recovered()).satisfies(two -> assertThat(two.epoch()).isEqualTo(2));
  }

  @Test
  void twoClaimsInARowAreAHistoryLikeAnyOther() {
    for (int epoch = 1; epoch <= 3; epoch++) {
      ActorRef<Command> writer = start(ClaimPolicy.BEFORE_SERVING, SELDOM);
      assertThat(recovered().epoch()).isEqualTo(epoch);
      small(writer);
      release(writer);
    }
    start();
    assertThat(recovered().txSeq()).isEqualTo(6);
  }

  @Test
  void aFailedWriteIsToldWithItsCodeAndEndsTheWriter() {
    ActorRef<Command> writer = started();
    small(writer);
    store.failsWrites(new HoldfastException(ErrorCode.STORAGE_FULL, "1 byte left"));
    writer.tell(nextSmall());
    assertFailed(writer, ErrorCode.STORAGE_FULL, "cannot store object " + ADDRESS.key());
    store.works();
    start();
    assertThat(recovered().txSeq()).isEqualTo(1);
  }

  @Test
  void aRejectedWriteEndsTheWriterToo() {
    ActorRef<Command> writer = started();
    store.rejectsWrites(new IllegalArgumentException("too large"));
    writer.tell(nextSmall());
    assertFailed(writer, ErrorCode.STORAGE_FAILED, "too large");
  }

  @Test
  void aDamagedEventIsCorruptionAndNothingIsWritten() {
    ActorRef<Command> writer = started();
    small(writer);
    small(writer);
    release(writer);
    store.changeEvent(2, ObjectWriterTest::flipped);
    List<MemoryStore.Row> before = store.events();
    for (ClaimPolicy policy : ClaimPolicy.values()) {
      assertFailed(start(policy, SELDOM), ErrorCode.STORAGE_CORRUPT, ADDRESS.key(), "CRC");
    }
    assertThat(store.events()).isEqualTo(before);
  }

  @Test
  void aMissingEventIsCorruptionThatNamesObjectAndCommit() {
    ActorRef<Command> writer = started();
    small(writer);
    small(writer);
    small(writer);
    release(writer);
    byte[] third = store.events().get(2).bytes();
    store.changeEvent(2, _ -> third);
    assertFailed(
        start(),
        ErrorCode.STORAGE_CORRUPT,
        "object " + ADDRESS.key() + " is corrupt at txSeq 2: expected this commit, found txSeq 3");
  }

  @Test
  void aDamagedSnapshotIsCorruption() {
    ActorRef<Command> writer =
        start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(1, 1, 1, 1 << 20));
    recovered();
    small(writer);
    release(writer);
    store.changeSnapshot(1, ObjectWriterTest::flipped);
    assertFailed(start(), ErrorCode.STORAGE_CORRUPT, ADDRESS.key(), "img1");
  }

  @Test
  void aCommitOnAnotherImageIsRefused() {
    ActorRef<Command> writer = started();
    small(writer);
    DatabaseImage other = new DatabaseImage(new byte[4096], 4096);
    writer.tell(new Persist(new Commit(other, other, 1, OptionalLong.empty()), 2));
    assertFailed(writer, ErrorCode.INTERNAL, "expected a commit on the image of txSeq 1");
  }

  @Test
  void aSecondCommitBeforeTheFirstIsDurableIsRefused() {
    ActorRef<Command> writer = started();
    Command first = nextLarge();
    Command second = nextSmall();
    writer.tell(first);
    writer.tell(second);
    assertFailed(writer, ErrorCode.INTERNAL, "expected no second commit");
  }

  @Test
  void snapshotsAreTakenByEventsAndTheNewestTwoAreKept() {
    ActorRef<Command> writer =
        start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(1 << 30, 3, 50, 1 << 20));
    recovered();
    long newest = 0;
    for (int round = 1; round <= 4; round++) {
      long previous = newest;
      await(() -> {
        small(writer);
        return newestSnapshot() > previous;
      });
      // While it was written on, one more may have been taken.
      await(() -> {
        List<Long> kept = store.snapshotNumbers();
        return kept.size() <= 2
            && (previous == 0 || kept.size() == 2 && kept.getFirst() >= previous);
      });
      newest = newestSnapshot();
    }
    release(writer);
    store.changeEvent(newest, ObjectWriterTest::flipped);
    start();
    assertThat(recovered().image().bytes()).isEqualTo(image.bytes());
  }

  @Test
  void theNextIncarnationKeepsTheNewestTwoSnapshotsAsWell() {
    SnapshotPolicy policy = new SnapshotPolicy(1 << 30, 1000, 2, 1 << 20);
    for (int round = 1; round <= 4; round++) {
      ActorRef<Command> writer = start(ClaimPolicy.ON_FIRST_WRITE, policy);
      recovered();
      small(writer);
      small(writer);
      release(writer);
    }
    assertThat(store.snapshotNumbers()).containsExactly(6L, 8L);
  }

  @Test
  void aSnapshotIsTakenByBytes() {
    ActorRef<Command> writer =
        start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(64 << 10, 500, 50, 1 << 26));
    recovered();
    small(writer);
    assertThat(store.snapshotNumbers()).isEmpty();
    large(writer);
    await(() -> store.snapshotNumbers().equals(List.of(4L)));
  }

  @Test
  void commitsGoOnWhileASnapshotIsSaved() {
    ActorRef<Command> writer =
        start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(1 << 30, 3, 50, 1 << 20));
    recovered();
    store.holdsSnapshots();
    for (int i = 0; i < 20; i++) {
      small(writer);
    }
    await(() -> store.snapshotNumbers().equals(List.of(3L)));
    writer.tell(new Release());
    owner.expectNoMessage(Duration.ofMillis(20));
    store.release();
    assertThat(owner.receiveMessage()).isInstanceOf(Released.class);
    start();
    assertThat(recovered().image().bytes()).isEqualTo(image.bytes());
  }

  @Test
  void aFailedSnapshotHarmsNothingAndIsTriedAgain() {
    ActorRef<Command> writer =
        start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(1 << 30, 3, 50, 1 << 20));
    recovered();
    store.failsSnapshots(new IllegalStateException("no room"));
    for (int i = 0; i < 4; i++) {
      small(writer);
    }
    store.works();
    await(() -> {
      small(writer);
      return store.snapshotNumbers().size() == 1;
    });
  }

  @Test
  void releaseTakesASnapshotWhenEnoughWasWritten() {
    ActorRef<Command> writer = started();
    for (int i = 0; i < 50; i++) {
      small(writer);
    }
    release(writer);
    assertThat(store.snapshotNumbers()).containsExactly(50L);
    ActorRef<Command> next = start();
    assertThat(recovered().image().bytes()).isEqualTo(image.bytes());
    release(next);
    assertThat(store.snapshotNumbers()).containsExactly(50L);
  }

  @Test
  void releaseWhileACommitIsUnderWayWaitsForIt() {
    ActorRef<Command> writer = started();
    writer.tell(nextLarge());
    writer.tell(new Release());
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(1));
    assertThat(owner.receiveMessage()).isInstanceOf(Released.class);
  }

  @Test
  void anImageAboveTheLimitHasNoSnapshotButAllItsCommits() {
    ActorRef<Command> writer = start(ClaimPolicy.ON_FIRST_WRITE, new SnapshotPolicy(1, 1, 1, 8192));
    recovered();
    large(writer);
    small(writer);
    release(writer);
    assertThat(store.snapshotNumbers()).isEmpty();
    start();
    assertThat(recovered().image().bytes()).isEqualTo(image.bytes());
  }

  @Test
  void whatAnotherRegionHasStoredMustHaveComeBeforeAnythingIsWritten() {
    ActorRef<Command> before = started();
    small(before);
    small(before);
    before.tell(new Release());
    assertThat(owner.receiveMessage()).isEqualTo(new Released(2));
    owner.expectTerminated(before);
    long events = store.events().size();
    ActorRef<Command> early = start(ClaimPolicy.BEFORE_SERVING, SELDOM, 3);
    assertFailed(early, ErrorCode.STORAGE_FAILED, "expected its commit 3", "found commit 2");
    assertThat(store.events()).hasSize((int) events);
    start(ClaimPolicy.BEFORE_SERVING, SELDOM, 2);
    assertThat(recovered().image().bytes()).isEqualTo(image.bytes());
  }

  private ActorRef<Command> start() {
    return start(ClaimPolicy.ON_FIRST_WRITE, SELDOM);
  }

  private ActorRef<Command> start(ClaimPolicy claim, SnapshotPolicy snapshots) {
    return start(claim, snapshots, 0);
  }

  private ActorRef<Command> start(ClaimPolicy claim, SnapshotPolicy snapshots, long txSeqMin) {
    WriterConfig config = WriterConfig.from(kit.system().settings().config());
    return kit.spawn(
        ObjectWriter.create(
            ADDRESS,
            txSeqMin,
            owner.getRef()::tell,
            new WriterConfig(config.journals(), config.snapshotPluginId(), claim, snapshots),
            () -> Instant.ofEpochMilli(5000),
            SnapshotTrim.NEWEST_TWO,
            EventIndex.NONE));
  }

  private ActorRef<Command> started() {
    ActorRef<Command> writer = start();
    recovered();
    return writer;
  }

  private Recovered recovered() {
    return owner.expectMessageClass(Recovered.class);
  }

  private void small(ActorRef<Command> writer) {
    persist(writer, nextSmall());
  }

  private void large(ActorRef<Command> writer) {
    persist(writer, nextLarge());
  }

  private void persist(ActorRef<Command> writer, Persist persist) {
    writer.tell(persist);
    assertThat(owner.receiveMessage()).isEqualTo(new Persisted(persist.through()));
  }

  private Persist nextSmall() {
    byte[] bytes = Arrays.copyOf(image.bytes(), Math.max(4096, image.bytes().length));
    bytes[random.nextInt(bytes.length)]++;
    return next(bytes);
  }

  /// Three parts.
  private Persist nextLarge() {
    byte[] bytes = new byte[130 * 4096];
    random.nextBytes(bytes);
    return next(bytes);
  }

  private Persist next(byte[] bytes) {
    DatabaseImage before = image;
    image = new DatabaseImage(bytes, 4096);
    return new Persist(new Commit(before, image, 1, alarm), ++through);
  }

  private void release(ActorRef<Command> writer) {
    writer.tell(new Release());
    assertThat(owner.receiveMessage()).isInstanceOf(Released.class);
    owner.expectTerminated(writer);
  }

  private void assertFailed(ActorRef<Command> writer, ErrorCode code, String... texts) {
    HoldfastException cause = owner.expectMessageClass(Failed.class).cause();
    assertThat(cause.code()).isEqualTo(code);
    assertThat(cause.getMessage()).contains(texts);
    owner.expectTerminated(writer);
  }

  private long newestSnapshot() {
    return store.snapshotNumbers().stream().mapToLong(number -> number).max().orElse(0);
  }

  private DeltaHeader header(int event) {
    return PageDelta.parse(store.events().get(event).bytes()).header();
  }

  private static byte[] flipped(byte[] bytes) {
    bytes[bytes.length / 2] ^= 1;
    return bytes;
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(2))
        .until(condition);
  }
}
