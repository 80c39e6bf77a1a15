package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageHashes;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Objects that are too large to be read as a whole, on the embedded store.
///
/// With 1 GB instead of 56 MB: `scripts/mvn -Dfast test -pl persistence -am -Dtest=LargeObjectTest
/// -Dsurefire.failIfNoSpecifiedTests=false -Dtest.jvm.flags="--enable-native-access=ALL-UNNAMED
/// --sun-misc-unsafe-memory-access=allow -Xmx3g -Dholdfast.large.megabytes=1000"`
class LargeObjectTest {
  private static final ObjectAddress ADDRESS = ObjectAddress.parse("app.rooms/" + "0a".repeat(32));
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int MEGABYTES = Integer.getInteger("holdfast.large.megabytes", 56);

  private final ObjectDatabases databases =
      new ObjectDatabases(EngineChoice.FFM, DatabaseLimits.DEFAULT, 10);

  @TempDir Path directory;

  private ActorTestKit kit;
  private TestProbe<ObjectWriter.Event> owner;
  private ActorRef<ObjectWriter.Command> writer;
  private ObjectDatabase database;
  private long through;

  private ObjectWriter.Recovered start() {
    Config config =
        ConfigFactory.parseString(
                """
                holdfast.persistence.embedded.directory = "%s"
                holdfast.persistence.embedded.queue-bytes-max = 256 MiB
                pekko.persistence.journal.plugin = "holdfast.persistence.embedded.journal"
                pekko.persistence.snapshot-store.plugin = "holdfast.persistence.embedded.snapshot-store"
                pekko.log-dead-letters = off
                pekko.loglevel = WARNING
                """
                    .formatted(directory.resolve("data")))
            .withFallback(ConfigFactory.load());
    kit = ActorTestKit.create("large", config);
    owner = kit.createTestProbe();
    writer =
        kit.spawn(
            ObjectWriter.create(
                ADDRESS, owner.ref()::tell, WriterConfig.from(config), InstantSource.system()));
    ObjectWriter.Recovered recovered =
        owner.expectMessageClass(ObjectWriter.Recovered.class, PATIENCE);
    database = databases.open(recovered.image());
    return recovered;
  }

  /// Ends the writer and its process; what is in memory is gone.
  private void stop() {
    writer.tell(new ObjectWriter.Release());
    owner.expectMessageClass(ObjectWriter.Released.class, PATIENCE);
    crash();
  }

  private void crash() {
    database.close();
    kit.shutdownTestKit();
  }

  @AfterEach
  void close() {
    crash();
  }

  private void sql(String query, Object... bindings) {
    database.execute(SqlScript.parse(query), bindings);
  }

  private long number(String query) {
    return (Long) database.execute(SqlScript.parse(query)).one().value(0);
  }

  private Commit commit() {
    Commit commit = database.commit().orElseThrow();
    writer.tell(new ObjectWriter.Persist(commit, ++through));
    ObjectWriter.Persisted persisted =
        owner.expectMessageClass(ObjectWriter.Persisted.class, PATIENCE);
    assertThat(persisted.through()).isEqualTo(through);
    return commit;
  }

  private EmbeddedStore store() {
    return EmbeddedStoreExtension.get(kit.system()).store();
  }

  private int snapshots() {
    return images().size();
  }

  /// The stored snapshots.
  private List<ImageSnapshot> images() {
    String id = ObjectWriter.persistenceId(ADDRESS).id();
    RowCodec codec = new RowCodec(Adapter.toClassic(kit.system()));
    return store()
        .read(
            id,
            tables ->
                tables.scan(
                    tables.snapshots(),
                    RowKey.of(id, 0),
                    RowKey.after(id, Long.MAX_VALUE),
                    rows -> {
                      List<ImageSnapshot> found = new ArrayList<>();
                      for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                        long number = RowKey.sequenceNr(rows.key());
                        found.add(
                            (ImageSnapshot) codec.snapshot(id, number, rows.value()).snapshot());
                      }
                      return found;
                    }))
        .join();
  }

  private long fill(int rows, int bytes) {
    sql("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, data BLOB)");
    sql(
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < ?)"
            + " INSERT INTO t SELECT i, 0, randomblob(?) FROM r",
        rows,
        bytes);
    return commit().after().sizeBytes();
  }

  @Test
  void aLargeObjectAnswersWithoutBeingLoadedAsAWhole() {
    start();
    // One commit of 50,000 rows: it goes into the journal in parts.
    fill(50_000, 900);
    for (int row = 50_001; (row - 50_000) * 20_000L < (MEGABYTES - 45) * 1_000_000L; row += 500) {
      sql(
          "WITH RECURSIVE r(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM r WHERE i < ?1 + 499)"
              + " INSERT INTO t SELECT i, 0, randomblob(20000) FROM r",
          row);
      commit();
    }
    long rows = number("SELECT count(*) FROM t");
    long bytes = database.image().sizeBytes();
    assertThat(bytes).isGreaterThan(MEGABYTES * 1_000_000L);
    stop();

    ObjectWriter.Recovered recovered = start();
    assertThat(recovered.image().sizeBytes()).isEqualTo(bytes);
    long began = System.nanoTime();
    assertThat(number("SELECT id FROM t WHERE id = 31234")).isEqualTo(31_234);
    System.out.printf(
        "first answer of %d MB after %d us%n",
        bytes / 1_000_000, (System.nanoTime() - began) / 1000);
    sql("UPDATE t SET n = 7 WHERE id = 31234");
    commit();
    long chunks = (bytes + 65_535) / 65_536;
    assertThat(store().chunks().readCount())
        .as("chunks read of %d, those fetched ahead among them", chunks)
        .isLessThan(Math.max(100, chunks / 4));
    crash();

    start();
    assertThat(number("SELECT n FROM t WHERE id = 31234")).isEqualTo(7);
    assertThat(number("SELECT count(*) FROM t")).isEqualTo(rows);
    assertThat(number("SELECT sum(length(data)) FROM t"))
        .isEqualTo(50_000L * 900 + (rows - 50_000) * 20_000);
    assertThat(recoveredText("PRAGMA integrity_check")).isEqualTo("ok");
  }

  private String recoveredText(String query) {
    return (String) database.execute(SqlScript.parse(query)).one().value(0);
  }

  @Test
  void snapshotsWriteWhatChangedAndWhatNoSnapshotNeedsIsDeleted() {
    start();
    long bytes = fill(4_000, 1_500);
    stop();
    start();
    long chunks = (bytes + 65_535) / 65_536;
    assertThat(store().chunkRows().count()).isEqualTo(chunks);
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < 60; i++) {
        sql("UPDATE t SET n = n + 1 WHERE id = ?", 1 + i * 3);
        commit();
      }
      stop();
      start();
      assertThat(number("SELECT sum(n) FROM t")).isEqualTo(60 * (round + 1));
    }
    assertThat(images()).hasSize(2).allSatisfy(LargeObjectTest::assertWhole);
    assertThat(store().chunkRows().count())
        .as("of %d chunks, those that changed are there twice", chunks)
        .isBetween(chunks, chunks + 15);
    assertThat(recoveredText("PRAGMA integrity_check")).isEqualTo("ok");
  }

  private static void assertWhole(ImageSnapshot snapshot) {
    assertThat(snapshot.chunks()).isPresent();
    assertThat(PageHashes.of(snapshot.image()).sum()).isEqualTo(snapshot.header().sum());
  }

  /// As after a crash before the snapshot itself was written.
  @Test
  void chunksOfASnapshotThatNeverCameToBeAreDeletedLater() {
    start();
    long bytes = fill(4_000, 1_500);
    stop();
    start();
    long chunks = (bytes + 65_535) / 65_536;
    BitSet all = new BitSet();
    all.set(0, (int) chunks);
    ImageSnapshot.Header header = new ImageSnapshot.Header(2, 99, 0, -1);
    ImageSnapshot lost = ImageSnapshot.of(database.image(), header, ChunkMap.none(), all);
    assertThatThrownBy(() ->
            store()
                .chunks()
                .store(
                    ObjectWriter.persistenceId(ADDRESS).id(),
                    lost,
                    () -> CompletableFuture.failedFuture(new IllegalStateException("crash"))))
        .hasMessageContaining("crash");
    assertThat(store().chunkRows().count()).isEqualTo(2 * chunks);
    for (int i = 0; i < 60; i++) {
      sql("UPDATE t SET n = n + 1 WHERE id = ?", 1 + i * 3);
      commit();
    }
    stop();
    start();
    assertThat(store().chunkRows().count()).isBetween(chunks, chunks + 15);
  }

  /// An image in memory goes on to read from chunks that no stored snapshot names any more.
  @Test
  void anOldImageThatIsStillReadKeepsItsChunks() {
    start();
    fill(4_000, 1_500);
    stop();
    DatabaseImage old = start().image();
    byte[] expected = old.bytes();
    for (int round = 0; round < 3; round++) {
      int before = snapshots();
      sql("UPDATE t SET data = randomblob(1500)");
      commit();
      await().atMost(PATIENCE).until(() -> snapshots() == 2 || snapshots() != before);
    }
    writer.tell(new ObjectWriter.Release());
    owner.expectMessageClass(ObjectWriter.Released.class, PATIENCE);
    assertThat(old.bytes()).isEqualTo(expected);
  }

  @Test
  void aFullDatabaseSaysSo() {
    start();
    try (ObjectDatabase small =
        new ObjectDatabases(
                EngineChoice.FFM, new DatabaseLimits(1 << 20, Duration.ofSeconds(30), 1 << 20), 1)
            .open(DatabaseImage.EMPTY)) {
      small.execute(SqlScript.parse("CREATE TABLE t(x)"));
      assertThatThrownBy(() ->
              small.execute(
                  SqlScript.parse(
                      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2000)"
                          + " INSERT INTO t SELECT zeroblob(1000) FROM r")))
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FULL))
          .hasMessageContaining("1048576 bytes");
    }
  }
}
