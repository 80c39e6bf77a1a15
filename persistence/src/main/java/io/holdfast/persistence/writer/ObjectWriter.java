package io.holdfast.persistence.writer;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.japi.function.Procedure;
import org.apache.pekko.persistence.typed.JournalPersistFailed;
import org.apache.pekko.persistence.typed.JournalPersistRejected;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/// Persists the commits of one object, one merged event at a time. Child of the object's runtime
/// actor, its owner, to which it answers.
///
/// Life: recovers, says [Recovered], then takes one [Persist] after the other until [Release]. Any
/// fault ends in [Failed], after which it stops; whether what was under way is durable is then
/// unknown, and only another recovery tells. It never starts again by itself.
public final class ObjectWriter
    extends EventSourcedBehavior<ObjectWriter.Command, PageDelta, Recovery> {
  /// Where Pekko says, with two stack traces, what [Failed] says to the owner. While a store is
  /// away that is a gigabyte an hour, so it should be off.
  private static final String LOGGER = "io.holdfast.persistence.writer.pekko";

  /*
   * The event handler builds the image during replay only. While the object lives, the image after a
   * commit comes with the command, so a stored event is never decoded by the process that wrote it;
   * `log` moves on when the journal has acknowledged, not when Pekko applies the event, which is
   * before.
   */
  private final ActorContext<Command> context;
  private final String objectKey;
  private final long txSeqMin;
  private final Consumer<Event> owner;
  private final WriterConfig config;
  private final InstantSource clock;
  private final SnapshotTrim trim;
  private final EventIndex index;
  private final Procedure<Recovery> afterPart = _ -> onPartStored();

  private @Nullable Serving serving;
  private long sequenceNr;
  private List<PageDelta> parts = List.of();
  private int partsSent;
  private Runnable whenStored = () -> {};
  private boolean releasing;

  /// What there is once recovery has ended.
  private record Serving(ObjectLog log, SnapshotKeeper snapshots) {}

  public sealed interface Command {}

  /// Store a commit. The next one is sent after [Persisted] has come.
  ///
  /// @param through the owner's count of commits, handed back in [Persisted]
  public record Persist(Commit commit, long through) implements Command {}

  /// Store a state in the place of the current one, whatever that is: a restore, or the first state
  /// of a fork. Otherwise like [Persist].
  public record Replace(DatabaseImage image, OptionalLong alarm, long through) implements Command {}

  /// Come to an end: snapshot if one is due, then [Released].
  public record Release() implements Command {}

  private enum Internal implements Command {
    CLAIM,
    NEXT_PART,
    PART_INDEXED,
    END,
    GIVE_UP
  }

  private record IndexFailed(Throwable cause) implements Command {}

  private record SnapshotSaved(ImageSnapshot snapshot) implements Command {}

  private record SnapshotFailed(Throwable cause) implements Command {}

  public sealed interface Event {}

  /// The object's state as stored. Comes once, first, unless [Failed] does.
  ///
  /// @param epoch of this incarnation
  /// @param alarm when it is due, in epoch milliseconds
  public record Recovered(DatabaseImage image, long txSeq, long epoch, OptionalLong alarm)
      implements Event {}

  /// All commits up to `through` are durable.
  public record Persisted(long through) implements Event {}

  /// The writer has stopped as asked.
  ///
  /// @param txSeq the last commit of the object
  public record Released(long txSeq) implements Event {}

  /// The writer has stopped.
  ///
  /// @param cause `storage_corrupt` when what is stored makes no sense; then nothing was written
  public record Failed(HoldfastException cause) implements Event {}

  /// @param owner hears of everything, on the writer's thread: it must only pass the event on
  public static Behavior<Command> create(
      ObjectAddress address, Consumer<Event> owner, WriterConfig config, InstantSource clock) {
    return create(address, 0, owner, config, clock, SnapshotTrim.NEWEST_TWO, EventIndex.NONE);
  }

  /// @param txSeqMin the commit that must be seen before anything is written; when the store does
  ///   not show it yet, the writer fails with `storage_failed`
  /// @param owner as above
  /// @param trim deletes old snapshots each time a new one was saved
  /// @param index what the store keeps beside events
  public static Behavior<Command> create(
      ObjectAddress address,
      long txSeqMin,
      Consumer<Event> owner,
      WriterConfig config,
      InstantSource clock,
      SnapshotTrim trim,
      EventIndex index) {
    return Behaviors.setup(context -> {
      context.setLoggerName(LOGGER);
      return new ObjectWriter(context, address, txSeqMin, owner, config, clock, trim, index);
    });
  }

  /// The name of the object's rows in the journal.
  public static PersistenceId persistenceId(ObjectAddress address) {
    return PersistenceId.of("object", address.key(), "|");
  }

  private ObjectWriter(
      ActorContext<Command> context,
      ObjectAddress address,
      long txSeqMin,
      Consumer<Event> owner,
      WriterConfig config,
      InstantSource clock,
      SnapshotTrim trim,
      EventIndex index) {
    super(persistenceId(address));
    this.context = context;
    this.objectKey = address.key();
    this.txSeqMin = txSeqMin;
    this.owner = owner;
    this.config = config;
    this.clock = clock;
    this.trim = trim;
    this.index = index;
  }

  @Override
  public String journalPluginId() {
    return config.journals().of(objectKey);
  }

  @Override
  public String snapshotPluginId() {
    return config.snapshotPluginId();
  }

  @Override
  public Recovery emptyState() {
    return new Recovery(objectKey);
  }

  @Override
  public SnapshotAdapter<Recovery> snapshotAdapter() {
    return new SnapshotReader(objectKey);
  }

  @Override
  public EventHandler<Recovery, PageDelta> eventHandler() {
    return (recovery, event) -> {
      if (serving == null) {
        recovery.add(event);
      }
      return recovery;
    };
  }

  @Override
  public CommandHandler<Command, PageDelta, Recovery> commandHandler() {
    return (_, command) -> {
      try {
        return handle(command);
      } catch (HoldfastException e) {
        return failed(e);
      }
    };
  }

  private Effect<PageDelta, Recovery> handle(Command command) {
    return switch (command) {
      case Persist persist -> onPersist(persist);
      case Replace replace -> onReplace(replace);
      case Internal.NEXT_PART -> indexPart();
      case Internal.PART_INDEXED -> persistPart();
      case IndexFailed failed -> failed(Faults.of(objectKey, "store", failed.cause));
      case Internal.CLAIM -> onClaim();
      case Internal.END -> onEnd();
      case Internal.GIVE_UP -> Effect().stop();
      case SnapshotSaved saved -> onSnapshotSaved(saved);
      case SnapshotFailed failed -> onSnapshotFailed(failed);
      case Release _ -> onRelease();
    };
  }

  @Override
  public SignalHandler<Recovery> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (recovery, _) -> onRecovered(recovery))
        .onSignal(RecoveryFailed.class, (_, signal) -> tellFailed("recover", signal.failure()))
        .onSignal(JournalPersistFailed.class, (_, signal) -> tellFailed("store", signal.failure()))
        .onSignal(
            JournalPersistRejected.class, (_, signal) -> tellFailed("store", signal.failure()))
        .build();
  }

  private void onRecovered(Recovery recovery) {
    StoredObject stored = recovery.finish();
    if (stored.txSeq() < txSeqMin) {
      owner.accept(new Failed(notYet(stored.txSeq())));
      context.getSelf().tell(Internal.GIVE_UP);
      return;
    }
    sequenceNr = lastSequenceNumber(context);
    serving = new Serving(new ObjectLog(objectKey, stored), snapshots(stored.log()));
    switch (config.claimPolicy()) {
      case ON_FIRST_WRITE -> tellRecovered();
      case BEFORE_SERVING -> context.getSelf().tell(Internal.CLAIM);
    }
  }

  /** Written now, events would have the numbers of those that are still on their way. */
  private HoldfastException notYet(long txSeq) {
    return new HoldfastException(
        ErrorCode.STORAGE_FAILED,
        "object %s: expected its commit %d, which another region has stored, found commit %d as the last one that has come"
            .formatted(objectKey, txSeqMin, txSeq));
  }

  private SnapshotKeeper snapshots(StoredObject.Log stored) {
    return new SnapshotKeeper(
        objectKey,
        new SnapshotSchedule(config.snapshots(), stored),
        new SnapshotSaver(
            context.getSystem(), config.snapshotPluginId(), persistenceId().id(), clock, trim),
        stored.snapshotBytes() == 0 ? 0 : sequenceNr - stored.events());
  }

  private void tellRecovered() {
    ObjectLog log = serving().log;
    index.recovered(objectKey, log.epoch(), log.alarm());
    log.image().prefetch();
    owner.accept(new Recovered(log.image(), log.txSeq(), log.epoch(), log.alarm()));
  }

  private Effect<PageDelta, Recovery> onClaim() {
    return persist(serving().log.beginClaim(clock.millis()), this::tellRecovered);
  }

  private Effect<PageDelta, Recovery> onPersist(Persist persist) {
    checkNotReleasing();
    return persist(
        serving().log.begin(persist.commit, clock.millis()),
        () -> owner.accept(new Persisted(persist.through)));
  }

  private Effect<PageDelta, Recovery> onReplace(Replace replace) {
    checkNotReleasing();
    return persist(
        serving().log.beginReplacement(replace.image, replace.alarm, clock.millis()),
        () -> owner.accept(new Persisted(replace.through)));
  }

  private void checkNotReleasing() {
    if (releasing) {
      throw new HoldfastException(
          ErrorCode.INTERNAL, "object " + objectKey + ": expected no commit after Release");
    }
  }

  private Effect<PageDelta, Recovery> persist(List<PageDelta> events, Runnable then) {
    parts = events;
    partsSent = 0;
    whenStored = then;
    return indexPart();
  }

  /// The part goes on at once when there is nothing to wait for.
  private Effect<PageDelta, Recovery> indexPart() {
    CompletableFuture<Void> indexed =
        index.beforeEvent(objectKey, sequenceNr + 1, parts.get(partsSent)).toCompletableFuture();
    if (indexed.isDone() && !indexed.isCompletedExceptionally()) {
      return persistPart();
    }
    context.pipeToSelf(
        indexed,
        (_, failure) -> failure == null ? Internal.PART_INDEXED : new IndexFailed(failure));
    return Effect().none();
  }

  private Effect<PageDelta, Recovery> persistPart() {
    return Effect().persist(parts.get(partsSent++)).thenRun(afterPart);
  }

  private void onPartStored() {
    sequenceNr++;
    PageDelta stored = parts.get(partsSent - 1);
    index.afterEvent(objectKey, serving().log.alarm(), stored);
    serving().snapshots.logged(stored.bytes().length);
    if (partsSent < parts.size()) {
      context.getSelf().tell(Internal.NEXT_PART);
    } else {
      onGroupStored();
    }
  }

  private void onGroupStored() {
    Serving serving = serving();
    serving.log.stored();
    parts = List.of();
    whenStored.run();
    if (releasing) {
      context.getSelf().tell(Internal.END);
    } else if (serving.snapshots.due(serving.log)) {
      startSnapshot();
    }
  }

  /// Returns at once; commits go on meanwhile.
  private void startSnapshot() {
    context.pipeToSelf(
        serving().snapshots.start(serving().log, sequenceNr),
        (snapshot, failure) ->
            failure == null ? new SnapshotSaved(snapshot) : new SnapshotFailed(failure));
  }

  private Effect<PageDelta, Recovery> onSnapshotSaved(SnapshotSaved saved) {
    serving().snapshots.saved(serving().log, saved.snapshot);
    return releasing ? onEnd() : Effect().none();
  }

  private Effect<PageDelta, Recovery> onSnapshotFailed(SnapshotFailed failed) {
    serving().snapshots.failed(serving().log, failed.cause);
    return releasing ? onEnd() : Effect().none();
  }

  private Effect<PageDelta, Recovery> onRelease() {
    releasing = true;
    return onEnd();
  }

  /// Ends when nothing is under way any more; otherwise comes back.
  private Effect<PageDelta, Recovery> onEnd() {
    Serving serving = serving();
    if (!parts.isEmpty() || serving.snapshots.saving()) {
      return Effect().none();
    }
    if (serving.snapshots.dueOnRelease(serving.log)) {
      startSnapshot();
      return Effect().none();
    }
    owner.accept(new Released(serving.log.txSeq()));
    return Effect().stop();
  }

  private Effect<PageDelta, Recovery> failed(HoldfastException cause) {
    owner.accept(new Failed(cause));
    return Effect().stop();
  }

  private void tellFailed(String verb, Throwable cause) {
    owner.accept(new Failed(Faults.of(objectKey, verb, cause)));
  }

  private Serving serving() {
    if (serving == null) {
      throw new HoldfastException(
          ErrorCode.INTERNAL, "object " + objectKey + ": expected Recovered before any command");
    }
    return serving;
  }

  /// Snapshots are read through Pekko and saved beside it, see [SnapshotSaver].
  private record SnapshotReader(String objectKey) implements SnapshotAdapter<Recovery> {
    @Override
    public Object toJournal(Recovery state) {
      throw new UnsupportedOperationException("snapshots are saved by SnapshotSaver");
    }

    @Override
    public Recovery fromJournal(Object stored) {
      Recovery recovery = new Recovery(objectKey);
      recovery.start((ImageSnapshot) stored);
      return recovery;
    }
  }
}
