package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.protocol.event.AlarmCarrier;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SpawnProtocol;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.DeleteMessagesSuccess;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

/// The plugins under real persistent actors, across restarts of the actor system in one JVM.
@Timeout(60)
class EmbeddedJournalTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir Path directory;
  private ActorSystem<SpawnProtocol.Command> system;

  @AfterEach
  void stop() throws Exception {
    if (system != null) {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aSystemThatStartsAgainInTheSameProcessFindsEverything() throws Exception {
    start();
    ActorRef<Command> counter = spawn("a");
    for (int i = 1; i <= 7; i++) {
      assertThat(add(counter, 0)).isEqualTo(i);
    }
    restart();
    assertThat(add(spawn("a"), 0)).isEqualTo(8);
    assertThat(add(spawn("b"), 0)).as("another id").isEqualTo(1);
  }

  @Test
  void snapshotsAndDeletedEventsLeaveTheStateAndTheNumberingAsTheyWere() throws Exception {
    start();
    ActorRef<Command> counter = spawn("a");
    for (int i = 1; i <= 25; i++) {
      add(counter, 0);
    }
    restart();
    counter = spawn("a");
    assertThat(add(counter, 0)).isEqualTo(26);
    assertThat(store().figures().failures()).isZero();
  }

  @Test
  void anEventThatCarriesAnAlarmMovesTheIndex() throws Exception {
    start();
    ActorRef<Command> counter = spawn("a");
    add(counter, 500);
    add(counter, 300);
    add(counter, 0);
    assertThat(store().alarms().dueBy(Long.MAX_VALUE, 10)).containsExactly(new DueAlarm("a", 300));
    add(counter, -1);
    assertThat(store().alarms().earliestAfter(-1)).isEmpty();
    add(counter, 900);
    restart();
    assertThat(store().alarms().dueBy(Long.MAX_VALUE, 10)).containsExactly(new DueAlarm("a", 900));
  }

  @Test
  void aReplayThatIsAskedForWhileWritesAreOnTheirWayGivesThemAll() {
    start();
    TestKit probe = new TestKit(Adapter.toClassic(system));
    int each = 300;
    for (int round = 1; round <= 20; round++) {
      String id = "object-" + round;
      journal().tell(write(id, each, probe.getRef()), probe.getRef());
      journal()
          .tell(
              new JournalProtocol.ReplayMessages(
                  1, Long.MAX_VALUE, Long.MAX_VALUE, id, probe.getRef()),
              probe.getRef());
      List<Object> answers = probe.receiveN(1 + each + each + 1, PATIENCE);
      assertThat(answers).contains(new JournalProtocol.RecoverySuccess(each));
      assertThat(answers.stream().filter(JournalProtocol.ReplayedMessage.class::isInstance))
          .hasSize(each);
    }
  }

  @Test
  void aNumberIsNeverUsedAgainWhenAllEventsWereDeleted() throws Exception {
    start();
    TestKit probe = writeDeleteAll(5);
    assertThat(highest(probe)).isEqualTo(5);
    restart();
    probe = new TestKit(Adapter.toClassic(system));
    assertThat(highest(probe)).isEqualTo(5);
    probe = writeDeleteAll(9);
    writeDeleteAll(3);
    assertThat(highest(probe)).isEqualTo(9);
  }

  private TestKit writeDeleteAll(int count) {
    TestKit probe = new TestKit(Adapter.toClassic(system));
    journal().tell(write("a", count, probe.getRef()), probe.getRef());
    probe.receiveN(1 + count, PATIENCE);
    journal()
        .tell(
            new JournalProtocol.DeleteMessagesTo("a", Long.MAX_VALUE, probe.getRef()),
            probe.getRef());
    assertThat(probe.receiveOne(PATIENCE)).isEqualTo(new DeleteMessagesSuccess(Long.MAX_VALUE));
    return probe;
  }

  private long highest(TestKit probe) {
    journal()
        .tell(
            new JournalProtocol.ReplayMessages(
                1, Long.MAX_VALUE, Long.MAX_VALUE, "a", probe.getRef()),
            probe.getRef());
    return probe
        .expectMsgClass(PATIENCE, JournalProtocol.RecoverySuccess.class)
        .highestSequenceNr();
  }

  private org.apache.pekko.actor.ActorRef journal() {
    return Persistence.get(Adapter.toClassic(system))
        .journalFor("holdfast.persistence.embedded.journal", ConfigFactory.empty());
  }

  private static JournalProtocol.WriteMessages write(
      String id, int count, org.apache.pekko.actor.ActorRef writer) {
    List<PersistentRepr> events =
        IntStream.rangeClosed(1, count)
            .mapToObj(number ->
                PersistentRepr.apply(
                    "event " + number, number, id, "", false, writer, "the writer"))
            .toList();
    AtomicWrite write = AtomicWrite.apply(CollectionConverters.asScala(events).toList());
    return new JournalProtocol.WriteMessages(
        CollectionConverters.asScala(List.<PersistentEnvelope>of(write)).toList(), writer, 1);
  }

  @Test
  void manyObjectsPersistAtOnce() throws Exception {
    start();
    List<ActorRef<Command>> counters =
        IntStream.range(0, 200).mapToObj(i -> spawn("object-" + i)).toList();
    for (int i = 0; i < 5; i++) {
      counters.forEach(counter -> counter.tell(new Add(0, system.ignoreRef())));
    }
    for (ActorRef<Command> counter : counters) {
      assertThat(add(counter, 0)).isEqualTo(6);
    }
    StoreFigures figures = store().figures();
    assertThat(figures.writes()).isEqualTo(1200);
    assertThat(figures.commits()).isLessThan(figures.writes());
  }

  @Test
  void aSecondSystemOnTheDirectoryIsRefused() {
    start();
    store();
    ActorSystem<SpawnProtocol.Command> second = create();
    try {
      assertThatThrownBy(() -> EmbeddedStoreExtension.get(second))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_DIRECTORY_LOCKED));
    } finally {
      second.terminate();
    }
  }

  @Test
  void aDirectoryOfAnotherVersionIsRefusedAndNotHeld() throws IOException {
    Path marker = Files.writeString(directory.resolve(DataDirectory.VERSION_FILE), "99");
    start();
    assertThatThrownBy(this::store)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_DIRECTORY_UNREADABLE));
    Files.writeString(marker, "1");
    DataDirectory.open(directory).close();
  }

  private void start() {
    system = create();
  }

  private void restart() throws Exception {
    stop();
    start();
  }

  private ActorSystem<SpawnProtocol.Command> create() {
    return ActorSystem.create(
        SpawnProtocol.create(),
        "journal",
        ConfigFactory.parseString(
                """
                pekko.persistence.journal.plugin = "holdfast.persistence.embedded.journal"
                pekko.persistence.snapshot-store.plugin = "holdfast.persistence.embedded.snapshot-store"
                pekko.actor.allow-java-serialization = on
                pekko.actor.warn-about-java-serializer-usage = off
                pekko.loglevel = WARNING
                holdfast.persistence.embedded.directory = "%s"
                """
                    .formatted(directory))
            .withFallback(ConfigFactory.load()));
  }

  private EmbeddedStore store() {
    return EmbeddedStoreExtension.get(system).store();
  }

  private ActorRef<Command> spawn(String id) {
    return AskPattern.<SpawnProtocol.Command, ActorRef<Command>>ask(
            system,
            replyTo -> new SpawnProtocol.Spawn<>(new Counter(id), "", Props.empty(), replyTo),
            PATIENCE,
            system.scheduler())
        .toCompletableFuture()
        .join();
  }

  private int add(ActorRef<Command> counter, long alarm) throws Exception {
    return AskPattern.<Command, Integer>ask(
            counter, replyTo -> new Add(alarm, replyTo), PATIENCE, system.scheduler())
        .toCompletableFuture()
        .get();
  }

  private sealed interface Command permits Add {}

  /// Adds one; sets the alarm when it is positive, clears it when it is negative.
  private record Add(long alarm, ActorRef<Integer> replyTo) implements Command {}

  private record Added(String id, long alarm) implements AlarmCarrier, Serializable {
    @Override
    public AlarmChange alarmChange() {
      if (alarm == 0) {
        return null;
      }
      return alarm > 0 ? new AlarmChange.Set(id, alarm) : new AlarmChange.Cleared(id);
    }
  }

  private static final class Counter extends EventSourcedBehavior<Command, Added, Integer> {
    private final String id;

    Counter(String id) {
      super(PersistenceId.ofUniqueId(id));
      this.id = id;
    }

    @Override
    public Integer emptyState() {
      return 0;
    }

    @Override
    public CommandHandler<Command, Added, Integer> commandHandler() {
      return (state, command) ->
          switch (command) {
            case Add add ->
                Effect()
                    .persist(new Added(id, add.alarm))
                    .thenRun(after -> add.replyTo.tell(after));
          };
    }

    @Override
    public EventHandler<Integer, Added> eventHandler() {
      return (state, event) -> state + 1;
    }

    @Override
    public RetentionCriteria retentionCriteria() {
      return RetentionCriteria.snapshotEvery(10, 1).withDeleteEventsOnSnapshot();
    }
  }
}
