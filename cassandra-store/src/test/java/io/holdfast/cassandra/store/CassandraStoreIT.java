package io.holdfast.cassandra.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.datastax.oss.driver.api.core.CqlSession;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Cql;
import io.holdfast.cassandra.Replication;
import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.persistence.database.StoredAlarm;
import io.holdfast.persistence.history.Bookmark;
import io.holdfast.persistence.history.HistoryConfig;
import io.holdfast.persistence.history.HistoryTrim;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StoredObjects;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.persistence.writer.SnapshotTrim;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.testcassandra.TestCassandra;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Objects in a real Cassandra: their commits, snapshots, chunks, history, alarms.
class CassandraStoreIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AtomicInteger OBJECTS = new AtomicInteger();
  private static final NamespaceId NAMESPACE = new NamespaceId("app", "rooms");

  @TempDir static Path directory;
  private static TestCassandra cassandra;

  private final ObjectDatabases databases =
      new ObjectDatabases(EngineChoice.FFM, DatabaseLimits.DEFAULT, 10);
  private ActorTestKit kit;

  @BeforeAll
  static void startCassandra() throws Exception {
    cassandra = TestCassandra.start(directory);
    try (CqlSession session =
        CassandraSessions.open(List.of(cassandra.contactPoint()), cassandra.datacenter())) {
      new CassandraSchema("objects").create(session, Replication.parse("datacenter1=1"));
    }
  }

  @AfterAll
  static void stopCassandra() {
    cassandra.close();
  }

  @BeforeEach
  void start() {
    kit = ActorTestKit.create("store", config());
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  /** What was in memory is gone. */
  private void restart() {
    restartWith("");
  }

  private void restartWith(String more) {
    stop();
    kit = ActorTestKit.create("store", config(more));
  }

  private static Config config() {
    return config("");
  }

  /** With something more. */
  private static Config config(String more) {
    return ConfigFactory.parseString(more)
        .withFallback(ofCassandra())
        .withFallback(ConfigFactory.parseResources("holdfast-cassandra.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  private static Config ofCassandra() {
    return ConfigFactory.parseString(
        """
        holdfast.region = local
        holdfast.persistence.cassandra {
          contact-points = ["%s:%d"]
          datacenter = %s
          keyspace = objects
        }
        pekko.log-dead-letters = off
        pekko.loglevel = WARNING
        """
            .formatted(
                cassandra.contactPoint().getHostString(),
                cassandra.contactPoint().getPort(),
                cassandra.datacenter()));
  }

  private CassandraStore store() {
    return CassandraStore.get(kit.system());
  }

  private BlobStore blobs(InstantSource clock) {
    return new CassandraBlobs(new Cql(store().session(), "objects", "blobs"), clock);
  }

  private ArchiveIndex archiveIndex() {
    return new CassandraArchives(new Cql(store().session(), "objects", "archives"));
  }

  private ObjectHistory history() {
    return new ObjectHistory(store().rows(), HistoryConfig.from(config()), InstantSource.system());
  }

  private static ObjectAddress newAddress() {
    return ObjectAddress.parse("app.rooms/%064x".formatted(OBJECTS.incrementAndGet()));
  }

  /** An object as its node runs it, without its code. */
  private final class TestObject {
    private final ObjectAddress address;
    private final TestProbe<ObjectWriter.Event> owner = kit.createTestProbe();
    private final ActorRef<ObjectWriter.Command> writer;
    private final ObjectDatabase database;
    private long through;

    TestObject(ObjectAddress address) {
      this(address, SnapshotTrim.NEWEST_TWO);
    }

    TestObject(ObjectAddress address, SnapshotTrim trim) {
      this.address = address;
      this.writer =
          kit.spawn(
              ObjectWriter.create(
                  address,
                  0,
                  owner.ref()::tell,
                  WriterConfig.from(kit.system().settings().config()),
                  InstantSource.system(),
                  trim,
                  store().index()));
      this.database =
          databases.open(owner.expectMessageClass(ObjectWriter.Recovered.class, PATIENCE).image());
    }

    void put(String key, String value) {
      database.put(key, value.getBytes(StandardCharsets.UTF_8));
      commit();
    }

    Optional<String> get(String key) {
      return database.get(key).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    void alarm(OptionalLong atMillis, long generation) {
      database.alarm(
          atMillis.isPresent()
              ? Optional.of(new StoredAlarm(atMillis.getAsLong(), generation))
              : Optional.empty());
      commit();
    }

    void sql(String query, Object... bindings) {
      database.execute(SqlScript.parse(query), bindings);
    }

    void commit() {
      begin();
      owner.expectMessageClass(ObjectWriter.Persisted.class, PATIENCE);
    }

    void begin() {
      writer.tell(new ObjectWriter.Persist(database.commit().orElseThrow(), ++through));
    }

    void release() {
      writer.tell(new ObjectWriter.Release());
      owner.expectMessageClass(ObjectWriter.Released.class, PATIENCE);
      database.close();
    }
  }

  private List<DueAlarm> due(ObjectAddress object) {
    return store().index().dueBy(Long.MAX_VALUE - 1, 1_000).stream()
        .filter(alarm -> alarm.objectKey().equals(object.key()))
        .toList();
  }

  private void awaitDue(ObjectAddress object, Long... times) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(due(object)).extracting(DueAlarm::atMillis).containsExactly(times));
  }

  @Test
  void whatWasAcknowledgedIsThereAfterCassandraWasKilled() throws Exception {
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    for (int i = 1; i <= 1_200; i++) { // More than one partition of the journal.
      object.put("n", "" + i);
    }

    cassandra.kill();
    cassandra.restart();
    restart();

    TestObject again = new TestObject(address);
    assertThat(again.get("n")).contains("1200");
    again.put("n", "1201");
    again.release();
    assertThat(new TestObject(address).get("n")).contains("1201");
  }

  @Test
  void aLargeObjectIsKeptInChunksOfWhichOnlyWhatChangedIsWrittenAnew() {
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    object.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, data BLOB)");
    object.sql(
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10000)"
            + " INSERT INTO t SELECT i, 0, randomblob(900) FROM r");
    object.commit();
    object.release();
    long chunks = store().rows().chunkCount();
    assertThat(chunks).isGreaterThan(100);

    restart();
    TestObject again = new TestObject(address);
    again.sql("UPDATE t SET n = 7 WHERE id = 9876");
    again.commit();
    again.release();
    assertThat(store().rows().chunkCount()).isLessThan(chunks + 10);

    restart();
    TestObject third = new TestObject(address);
    assertThat(
            third
                .database
                .execute(SqlScript.parse("SELECT n FROM t WHERE id = 9876"))
                .one()
                .value(0))
        .isEqualTo(7L);
  }

  @Test
  void theHistoryOfAnObjectIsReadAndTrimmed() {
    ObjectAddress address = newAddress();
    HistoryTrim trim =
        new HistoryTrim(store().rows(), HistoryConfig.from(config()), InstantSource.system());
    TestObject object = new TestObject(address, trim);
    object.put("n", "1");
    Bookmark first = history().latest(address);
    for (int i = 2; i <= 600; i++) {
      object.put("n", "" + i);
    }
    assertThat(history().commits(address, Long.MAX_VALUE, 1_000)).hasSize(600);
    assertThat(databases.open(history().state(address, first).image()).get("n"))
        .hasValueSatisfying(bytes -> assertThat(bytes).asString().isEqualTo("1"));

    String id = ObjectWriter.persistenceId(address).id();
    long snapshot =
        store().rows().read(id, view -> view.snapshotFrom(0)).join().orElseThrow().sequenceNr();
    store().rows().delete(id, snapshot, List.of()).join();
    assertThat(history().commits(address, Long.MAX_VALUE, 1_000)).hasSizeLessThan(600);
    assertThatThrownBy(() -> history().state(address, first))
        .hasMessageContaining("with which its history begins");
    object.release();

    restart();
    TestObject again = new TestObject(address);
    assertThat(again.get("n")).contains("600");
    again.put("n", "601");
    assertThat(history().latest(address).txSeq()).isEqualTo(601);
  }

  @Test
  void objectsAreListedInTheOrderOfTheirIds() {
    StoredObjects objects = new StoredObjects(store().rows());
    List<ObjectAddress> addresses = List.of(newAddress(), newAddress(), newAddress());
    addresses.reversed().forEach(address -> new TestObject(address).put("n", "1"));

    List<ObjectAddress> all = objects.page(NAMESPACE, Optional.empty(), 100);
    assertThat(all)
        .containsSubsequence(addresses)
        .isSortedAccordingTo((a, b) -> a.key().compareTo(b.key()));
    assertThat(objects.page(NAMESPACE, Optional.of(addresses.get(0).id().hex()), 1))
        .containsExactly(addresses.get(1));
    assertThat(objects.page(new NamespaceId("app", "others"), Optional.empty(), 100)).isEmpty();
    assertThat(store().rows().ids(Optional.empty(), 1_000).join()).hasSizeGreaterThanOrEqualTo(3);
    assertThat(objects.facts(addresses.get(0), 1 << 20).size().bytes()).isPositive();
  }

  @Test
  void alarmsAreSetMovedAndCleared() {
    long now = System.currentTimeMillis();
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    object.alarm(OptionalLong.of(now + 90_000_000), 1);
    assertThat(due(address)).extracting(DueAlarm::atMillis).containsExactly(now + 90_000_000);
    assertThat(store().index().alarmOf(address.key())).hasValue(now + 90_000_000);
    assertThat(store().index().dueBy(now, 1_000))
        .extracting(DueAlarm::objectKey)
        .doesNotContain(address.key());
    assertThat(store().index().earliestAfter(now)).isNotEmpty();

    object.alarm(OptionalLong.of(now + 1), 2);
    awaitDue(address, now + 1);
    assertThat(store().index().dueBy(now + 1, 1_000))
        .extracting(DueAlarm::objectKey)
        .contains(address.key());
    assertThat(store().index().dueAfter(new DueAlarm(address.key(), now + 1), now + 1, 1_000))
        .extracting(DueAlarm::objectKey)
        .doesNotContain(address.key());

    object.alarm(OptionalLong.empty(), 0);
    awaitDue(address);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(store().index().alarmOf(address.key())).isEmpty());
  }

  @Test
  void anAlarmIsNotDueLaterBecauseTheClockOfItsOwnerIsAhead() {
    long rightNow = System.currentTimeMillis() - Duration.ofHours(20).toMillis();
    ObjectAddress address = newAddress();
    new TestObject(address).alarm(OptionalLong.of(rightNow), 1);
    assertThat(store().index().dueBy(rightNow, 1_000))
        .extracting(DueAlarm::objectKey)
        .contains(address.key());
  }

  @Test
  void anAlarmForYearsAgoIsDue() {
    ObjectAddress address = newAddress();
    new TestObject(address).alarm(OptionalLong.of(7), 1);
    assertThat(store().index().dueBy(System.currentTimeMillis(), 1_000))
        .extracting(DueAlarm::objectKey)
        .contains(address.key());
  }

  @Test
  void anAlarmOfAnEventThatWasNotStoredCanBeForgottenAndOneThatWasSetSinceStays() {
    long now = System.currentTimeMillis();
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    object.put("n", "1");
    object.alarm(OptionalLong.of(now + 5), 1);
    DueAlarm read = due(address).getFirst();
    object.alarm(OptionalLong.empty(), 0);
    object.alarm(OptionalLong.of(now + 5), 2);

    store().index().forget(read);
    awaitDue(address, now + 5);
    store().index().forget(due(address).getFirst());
    awaitDue(address);
  }

  @Test
  void aSupersededWriterTakesNoAlarmFromItsSuccessor() {
    long now = System.currentTimeMillis();
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    object.alarm(OptionalLong.of(now + 5), 1);
    TestObject successor = new TestObject(address);
    awaitDue(address, now + 5);

    // Its event is stored, and nobody will ever read it.
    object.alarm(OptionalLong.empty(), 0);
    object.put("n", "of a zombie");
    successor.put("n", "1");
    awaitDue(address, now + 5);

    restart();
    TestObject third = new TestObject(address);
    assertThat(third.get("n")).contains("1");
    assertThat(third.database.alarm()).isPresent();
  }

  // ---- strict appends
  // -----------------------------------------------------------------------------------------

  /** As in a cluster, where an owner makes its epoch known before it serves. */
  private void restartStrict() {
    restartWith(
        """
        holdfast.persistence.cassandra.strict-append = on
        holdfast.persistence.writer.claim = BEFORE_SERVING
        """);
  }

  @Test
  void aSupersededWriterStoresNothingWhenAppendsAreStrict() {
    restartStrict();
    ObjectAddress address = newAddress();
    TestObject object = new TestObject(address);
    object.put("n", "1");
    TestObject successor = new TestObject(address);
    long events = count("objects.messages");

    object.database.put("n", new byte[] {7});
    object.begin();
    ObjectWriter.Failed failed =
        object.owner.expectMessageClass(ObjectWriter.Failed.class, PATIENCE);
    assertThat(failed.cause().code()).isEqualTo(ErrorCode.OBJECT_RESET);
    assertThat(failed.cause())
        .hasMessageContaining(
            "another owner has stored events up to number 3; expected to store number 3");
    assertThat(count("objects.messages")).isEqualTo(events);
    successor.put("n", "2");

    restart();
    assertThat(new TestObject(address).get("n")).contains("2");
  }

  @Test
  void whatWasStoredBeforeAppendsWereStrictCounts() {
    ObjectAddress address = newAddress();
    new TestObject(address).put("n", "1");
    restartStrict();
    new TestObject(address).put("n", "2");
    restart();
    new TestObject(address).put("n", "3");
    restartStrict();
    TestObject object = new TestObject(address);
    TestObject successor = new TestObject(address);
    object.database.put("n", new byte[] {7});
    object.begin();
    object.owner.expectMessageClass(ObjectWriter.Failed.class, PATIENCE);
    assertThat(successor.get("n")).contains("3");
  }

  @Test
  void ofAllThatGoOnBehindTheSameNumberOneIsAcknowledged() {
    String id = ObjectWriter.persistenceId(newAddress()).id();
    StrictAppends appends = store().tables(id).appends();
    for (long number = 990; number <= 1_010; number += 2) { // The 1,000th ends a partition.
      List<CompletableFuture<String>> all = new ArrayList<>();
      for (int writer = 1; writer <= 3; writer++) {
        String name = "writer-" + writer;
        all.add(
            appends
                .append(List.of(event(id, number, name), event(id, number + 1, name)))
                .thenApply(_ -> name));
      }
      all.forEach(each -> assertThat(each.handle((_, _) -> "")).succeedsWithin(PATIENCE));
      List<CompletableFuture<String>> refused =
          all.stream().filter(CompletableFuture::isCompletedExceptionally).toList();
      assertThat(refused).hasSize(2);
      refused.forEach(each ->
          assertThat(each.exceptionNow().getMessage()).contains("another owner has stored"));
      all.removeAll(refused);
      String acknowledged = all.getFirst().join();
      assertThat(writers(id, number)).containsExactly(acknowledged);
      assertThat(writers(id, number + 1)).containsExactly(acknowledged);
    }
  }

  @Test
  void whatIsDeletedIsNotForgotten() {
    String id = ObjectWriter.persistenceId(newAddress()).id();
    StrictAppends appends = store().tables(id).appends();
    EventTable events = store().tables(id).events();
    for (long number = 1; number <= 3; number++) {
      assertThat(appends.append(List.of(event(id, number, "writer-1")))).succeedsWithin(PATIENCE);
    }
    events.delete(id, Long.MAX_VALUE);
    assertThat(events.deletedTo(id)).isEqualTo(3);
    assertThat(appends.append(List.of(event(id, 2, "writer-2"))))
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withMessageContaining("up to number 3; expected to store number 2");
    assertThat(appends.append(List.of(event(id, 4, "writer-1")))).succeedsWithin(PATIENCE);
    events.delete(id, Long.MAX_VALUE);
    assertThat(events.deletedTo(id)).isEqualTo(4);
  }

  private static ObjectRecord.Event event(String id, long number, String writer) {
    return new ObjectRecord.Event(
        id, number, number, writer, "", new ObjectRecord.Payload(1, "", new byte[1]));
  }

  private List<String> writers(String id, long number) {
    return store()
        .session()
        .execute(
            "SELECT writer_uuid FROM objects.messages WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr = ?",
            id,
            (number - 1) / 1_000,
            number)
        .map(row -> row.getString(0))
        .all();
  }

  // ---- archives of files
  // ---------------------------------------------------------------------------------------

  /** A clock that tests set. */
  private static final class Clock implements InstantSource {
    private Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static List<BlobId> all(BlobStore store) {
    List<BlobId> all = new ArrayList<>();
    store.forEach(all::add);
    return all;
  }

  @Test
  void aBlobOfAnySizeIsThereForAllNodes() {
    BlobStore here = blobs(InstantSource.system());
    BlobStore there = blobs(InstantSource.system());
    for (int length : new int[] {0, 1, 1 << 20, (1 << 20) + 1, BlobStore.BYTES_MAX}) {
      byte[] bytes = random(length);
      BlobId id = BlobId.of(bytes);
      assertThat(there.contains(id)).isFalse();
      here.put(id, bytes);
      here.put(id, bytes);
      assertThat(there.contains(id)).isTrue();
      assertThat(there.get(id)).contains(bytes);
      assertThat(all(there)).contains(id);
    }
    byte[] larger = random(BlobStore.BYTES_MAX + 1);
    assertThatThrownBy(() -> here.put(BlobId.of(larger), larger)).hasMessageContaining("8388609");
    assertThat(there.get(BlobId.of(larger))).isEmpty();
  }

  @Test
  void aBlobThatAnotherNodeCountsOnStaysForADayMore() {
    Clock clock = new Clock();
    BlobStore here = blobs(clock);
    BlobStore there = blobs(clock);
    byte[] bytes = random(1003);
    BlobId id = BlobId.of(bytes);
    here.put(id, bytes);
    assertThat(here.delete(id)).as("just put").isFalse();
    clock.now = clock.now.plus(Duration.ofHours(23));
    assertThat(there.contains(id)).isTrue();
    clock.now = clock.now.plus(Duration.ofHours(23));
    assertThat(here.delete(id)).as("counted on yesterday").isFalse();
    assertThat(here.get(id)).contains(bytes);
    clock.now = clock.now.plus(Duration.ofHours(2));
    assertThat(here.delete(id)).isTrue();
    assertThat(there.contains(id)).isFalse();
    assertThat(all(there)).doesNotContain(id);
    assertThat(here.delete(id)).isTrue();
    there.put(id, bytes);
    assertThat(here.get(id)).contains(bytes);
  }

  @Test
  void aBlobThatBrokeOffIsNoneAndIsRemovedLikeOthers() {
    Clock clock = new Clock();
    BlobStore blobs = blobs(clock);
    byte[] bytes = random(1004);
    BlobId id = BlobId.of(bytes);
    store()
        .session()
        .execute(
            "INSERT INTO objects.archive_blobs (id, made, parts, used) VALUES ('%s', now(), 0, %d)"
                .formatted(id.hex(), clock.millis()));
    assertThat(blobs.contains(id)).isFalse();
    assertThat(all(blobs)).contains(id);
    blobs.put(id, bytes);
    assertThat(blobs.get(id)).contains(bytes);
    clock.now = clock.now.plus(Duration.ofHours(25));
    assertThat(blobs.delete(id)).isTrue();
    assertThat(all(blobs)).doesNotContain(id);
  }

  @Test
  void aReferenceIsRemovedOnlyAsItWasSeen() {
    ArchiveIndex here = archiveIndex();
    ArchiveIndex there = archiveIndex();
    byte[] old = {1};
    byte[] young = {2};
    here.put("o/app.rooms/abc/1", old);
    here.put("o/app.rooms/abcd/1", old);
    here.put("s/app/x", old);
    there.put("o/app.rooms/abc/1", young);
    here.delete("o/app.rooms/abc/1", old);
    here.delete("o/app.rooms/none/1", old);
    assertThat(there.get("o/app.rooms/abc/1")).contains(young);
    here.delete("o/app.rooms/abc/1", young);
    assertThat(there.get("o/app.rooms/abc/1")).isEmpty();
    there.put("o/app.rooms/abc/1", young);
    assertThat(keys(here, "o/app.rooms/abc/")).containsExactly("o/app.rooms/abc/1");
    assertThat(keys(here, "o/"))
        .contains("o/app.rooms/abc/1", "o/app.rooms/abcd/1")
        .doesNotContain("s/app/x");
    assertThat(keys(here, "s/")).containsExactly("s/app/x");
  }

  @Test
  void eachLifeOfANodeCountsForItselfAndIsForgottenInTime() {
    CassandraMeters meters = store().meters();
    Duration kept = Duration.ofDays(1);
    meters.write("eu", "node-1-a", List.of(sum(7, 1)), kept).join();
    meters.write("eu", "node-1-a", List.of(sum(7, 2), sum(8, 9)), kept).join();
    meters.write("eu", "node-1-b", List.of(sum(7, 3)), kept).join();
    meters.write("us", "node-2-a", List.of(sum(7, 4)), kept).join();
    assertThat(meters.of("eu", 7))
        .extracting(each -> each.usage()[0])
        .containsExactly((byte) 2, (byte) 3);
    assertThat(meters.of("eu", 7).getFirst().namespace()).isEqualTo("rooms");
    assertThat(meters.of("us", 7)).extracting(each -> each.usage()[0]).containsExactly((byte) 4);
    assertThat(meters.of("eu", 6)).isEmpty();
    meters.write("eu", "node-3-a", List.of(sum(5, 1)), Duration.ofSeconds(1)).join();
    Awaitility.await().atMost(PATIENCE).until(() -> meters.of("eu", 5).isEmpty());
  }

  private static CassandraMeters.Sum sum(long day, int usage) {
    return new CassandraMeters.Sum(day, "app", "rooms", new byte[] {(byte) usage});
  }

  private static List<String> keys(ArchiveIndex index, String prefix) {
    List<String> keys = new ArrayList<>();
    index.forEach(prefix, (key, _) -> keys.add(key));
    return keys;
  }

  // ---- jurisdictions
  // ------------------------------------------------------------------------------------------

  private static final String LAWFUL =
      """
      holdfast.regions { eu { number = 1, jurisdictions = [eu] }, us { number = 2 } }
      holdfast.region = %s
      holdfast.persistence.cassandra.keyspace = lawful
      """;

  private void restartIn(String region) {
    restartWith(LAWFUL.formatted(region));
  }

  @Test
  void whatIsUnderAJurisdictionIsKeptApartAndNowhereElse() {
    Replication oneCopy = Replication.parse("datacenter1=1");
    CqlSession session = store().session();
    new CassandraSchema("lawful").create(session, oneCopy);
    restartIn("eu");
    assertRefused(
        "there is no keyspace lawful_eu; `holdfast schema create --jurisdiction eu` makes what is missing");
    restartIn("us");
    ObjectIds ids = new ObjectIds(NAMESPACE);
    ObjectAddress object =
        new ObjectAddress(NAMESPACE, ids.named("a", Optional.of(Jurisdiction.EU)));
    assertThat(store().rows().read("object|" + object.key(), StoredRows.View::firstEvent))
        .failsWithin(PATIENCE)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .asInstanceOf(type(HoldfastException.class))
        .extracting(HoldfastException::code)
        .isEqualTo(ErrorCode.JURISDICTION_UNAVAILABLE);

    CassandraSchema.ofJurisdiction("lawful", "eu").create(store().session(), oneCopy);
    restartIn("us");
    assertRefused(
        "keyspace lawful_eu: expected no copies in data center datacenter1, which has a region without jurisdiction eu, found some");

    restartIn("eu");
    TestObject writer = new TestObject(object);
    writer.sql("CREATE TABLE t(data BLOB)");
    writer.sql("INSERT INTO t VALUES (randomblob(1000000))");
    writer.alarm(OptionalLong.of(System.currentTimeMillis() + 3_600_000), 1);
    writer.put("secret", "known to eu");
    writer.release();
    List<String> apart =
        List.of("messages", "snapshots", "object_chunks", "objects", "alarms", "object_alarms");
    assertThat(apart)
        .allSatisfy(table -> {
          assertThat(count("lawful_eu." + table)).as(table).isPositive();
          assertThat(count("lawful." + table)).as(table).isZero();
        });

    restartIn("eu");
    assertThat(new TestObject(object).get("secret")).contains("known to eu");
    assertThat(due(object)).hasSize(1);
    ObjectAddress free = new ObjectAddress(NAMESPACE, ids.named("a"));
    new TestObject(free).put("public", "known to all");
    assertThat(count("lawful.objects")).isOne();
    assertThat(store().rows().ids(Optional.empty(), 10).join())
        .containsExactlyInAnyOrder("object|" + object.key(), "object|" + free.key());
  }

  private void assertRefused(String message) {
    assertThatThrownBy(this::store)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(message);
  }

  private long count(String table) {
    return store().session().execute("SELECT count(*) FROM " + table).one().getLong(0);
  }
}
