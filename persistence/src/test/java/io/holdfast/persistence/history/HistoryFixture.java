package io.holdfast.persistence.history;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.embedded.EmbeddedRows;
import io.holdfast.persistence.embedded.EmbeddedStoreExtension;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.writer.ClaimPolicy;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.persistence.writer.SnapshotPolicy;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.ObjectAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;

/// An embedded journal, a clock that stands still, and objects whose writers are driven by hand.
final class HistoryFixture implements AutoCloseable {
  static final ObjectDatabases DATABASES =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1000);

  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ActorTestKit kit;
  private Instant now = START;
  final StoredRows rows;
  final HistoryConfig config;
  final ObjectHistory history;
  final HistoryTrim trim;

  HistoryFixture(Path directory, Duration retention) {
    Config settings =
        ConfigFactory.parseString(
                """
                holdfast.persistence.embedded.directory = "%s"
                pekko.persistence.journal.plugin = "holdfast.persistence.embedded.journal"
                pekko.persistence.snapshot-store.plugin = "holdfast.persistence.embedded.snapshot-store"
                pekko.log-dead-letters = off
                pekko.loglevel = WARNING
                """
                    .formatted(directory))
            .withFallback(ConfigFactory.load());
    kit = ActorTestKit.create("history", settings);
    rows =
        new EmbeddedRows(
            EmbeddedStoreExtension.get(kit.system()).store(), kit.system().classicSystem());
    config = new HistoryConfig(retention, 64 << 10, Duration.ofSeconds(10), 2);
    history = new ObjectHistory(rows, config, () -> now);
    trim = new HistoryTrim(rows, config, () -> now);
  }

  Instant now() {
    return now;
  }

  void advance(Duration time) {
    now = now.plus(time);
  }

  HistorySweep sweep() {
    return new HistorySweep(rows, trim, config, new ScheduledThreadPoolExecutor(0), _ -> true);
  }

  static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  /// How many chunks are stored, of all objects.
  long chunks() {
    return rows.chunkCount();
  }

  /// The numbers of the snapshots of an object.
  List<Long> snapshots(TestObject object) throws Exception {
    return await(
        rows.read(
            object.persistenceId(),
            view -> {
              List<Long> numbers = new ArrayList<>();
              var next = view.snapshotFrom(0);
              while (next.isPresent()) {
                numbers.add(next.get().sequenceNr());
                next = view.snapshotFrom(next.get().sequenceNr() + 1);
              }
              return numbers;
            }));
  }

  long firstEvent(TestObject object) throws Exception {
    return await(rows.read(object.persistenceId(), view -> view.firstEvent().orElse(0)));
  }

  /// An object that takes a snapshot after so many events.
  TestObject object(String hexByte, int eventsPerSnapshot) {
    return new TestObject(
        ObjectAddress.parse("app.rooms/" + hexByte.repeat(32)), eventsPerSnapshot);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }

  /// An object and its writer.
  final class TestObject {
    final ObjectAddress address;
    private final int eventsPerSnapshot;
    private final TestProbe<ObjectWriter.Event> owner = kit.createTestProbe();
    private ActorRef<ObjectWriter.Command> writer;
    private ObjectDatabase database;
    private long through;

    private TestObject(ObjectAddress address, int eventsPerSnapshot) {
      this.address = address;
      this.eventsPerSnapshot = eventsPerSnapshot;
      start();
    }

    String persistenceId() {
      return ObjectWriter.persistenceId(address).id();
    }

    TestObject start() {
      writer =
          kit.spawn(
              ObjectWriter.create(
                  address,
                  0,
                  owner.getRef()::tell,
                  new WriterConfig(
                      ByJurisdiction.together(""),
                      "",
                      ClaimPolicy.ON_FIRST_WRITE,
                      new SnapshotPolicy(1 << 30, eventsPerSnapshot, 1_000_000, 1 << 26)),
                  HistoryFixture.this::now,
                  trim,
                  EventIndex.NONE));
      ObjectWriter.Recovered recovered = owner.expectMessageClass(ObjectWriter.Recovered.class);
      database = DATABASES.open(recovered.image());
      through = 0;
      return this;
    }

    Bookmark put(String key, Object value) {
      database.put(key, value.toString().getBytes(StandardCharsets.UTF_8));
      return commit();
    }

    Bookmark commit() {
      persist(database.commit().orElseThrow());
      return history.latest(address);
    }

    ObjectDatabase database() {
      return database;
    }

    void persist(Commit commit) {
      tell(new ObjectWriter.Persist(commit, ++through));
    }

    Bookmark replace(StoredState state) {
      tell(new ObjectWriter.Replace(state.image(), state.alarm(), ++through));
      database.close();
      database = DATABASES.open(state.image());
      return history.latest(address);
    }

    private void tell(ObjectWriter.Command command) {
      writer.tell(command);
      owner.expectMessage(new ObjectWriter.Persisted(through));
    }

    /// Leaves memory: also waits for a snapshot that is under way.
    void release() {
      writer.tell(new ObjectWriter.Release());
      owner.expectMessageClass(ObjectWriter.Released.class);
      owner.expectTerminated(writer);
    }

    void restart() {
      release();
      start();
    }

    String valueAt(Bookmark bookmark, String key) {
      return value(history.state(address, bookmark).image(), key);
    }

    OptionalLong alarmAt(Bookmark bookmark) {
      return history.state(address, bookmark).alarm();
    }

    List<Long> commits(long before, int max) {
      return history.commits(address, before, max).stream().map(StoredCommit::txSeq).toList();
    }
  }

  static String value(DatabaseImage image, String key) {
    try (ObjectDatabase database = DATABASES.open(image)) {
      Optional<byte[]> value = database.get(key);
      return value.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
    }
  }
}
