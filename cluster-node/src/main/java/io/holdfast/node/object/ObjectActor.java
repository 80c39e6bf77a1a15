package io.holdfast.node.object;

import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.region.ObjectMoved;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/*
 * The entity of one object: hands events to the current incarnation, persists what its turns commit, opens the output
 * gate, and decides when the object leaves memory.
 *
 * One merged commit is with the writer at a time; what is committed meanwhile is merged into the next. An incarnation that
 * is reset loses what was not yet with the writer. Its writer is stopped and seen stopped before the next incarnation may
 * open storage, so two writers of one object never overlap; the journal answers a replay only after the writes of the same
 * object that are still in its queue.
 */
final class ObjectActor extends AbstractBehavior<ObjectCommand> {
  /** How long the shard may take to say that the object may leave. */
  private static final Duration PASSIVATE_MAX = Duration.ofSeconds(5);

  /** How long callers wait for what runs when the object leaves for another region. */
  private static final Duration DEPART_MAX = Duration.ofSeconds(2);

  /**
   * The same when a busy object may have started its container again, which has to end once more.
   */
  private static final Duration DEPART_WITH_CONTAINER_MAX = Duration.ofSeconds(15);

  /** How often a departure looks whether the object is quiet. */
  private static final Duration DEPART_CHECK = Duration.ofMillis(5);

  /** How long a drain waits for the events that still run. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(30);

  /** How long events may need the container before it is ended under them. */
  private static final Duration CONTAINER_DRAIN_MAX = Duration.ofSeconds(10);

  /** What the program of a container gets to end while callers wait. */
  private static final Duration CONTAINER_GRACE = Duration.ofSeconds(5);

  private static final Duration CONTAINER_DEPART_GRACE = Duration.ofSeconds(1);

  private final ObjectAddress address;
  private final ObjectClass objectClass;
  private final ObjectServices services;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private final LateEvents lateEvents;
  private final LeavingObjects leaving;
  private final BooleanSupplier owned;
  private final ObjectHome home;
  private final TimerScheduler<ObjectCommand> timers;

  private @Nullable Incarnation current;
  private @Nullable ActorRef<ObjectWriter.Command> writer;
  private @Nullable Incarnation writerOf;
  private boolean opening;
  private boolean recovered;
  private final CommitPipeline pipeline = new CommitPipeline();
  private int persistedTransactions;
  private long persistBegunNanos;
  private boolean passivating;
  private boolean stopping;
  private final List<ObjectCommand.Deliver> late = new ArrayList<>();

  /** Alarms that wait to begin. */
  private final List<ObjectCommand.Deliver> held = new ArrayList<>(0);

  private long drainBegunNanos;

  /** The end of its container, for which the object waits to leave this node. */
  private @Nullable CompletableFuture<Void> containerEnd;

  /** Whether what its container tells comes to it, though it is about to leave. */
  private boolean hearsContainer;

  static Behavior<ObjectCommand> create(
      ObjectAddress address,
      ObjectClass objectClass,
      ObjectServices services,
      ActorRef<ClusterSharding.ShardCommand> shard,
      LateEvents lateEvents,
      LeavingObjects leaving) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers ->
            new ObjectActor(
                context, timers, address, objectClass, services, shard, lateEvents, leaving)));
  }

  private ObjectActor(
      ActorContext<ObjectCommand> context,
      TimerScheduler<ObjectCommand> timers,
      ObjectAddress address,
      ObjectClass objectClass,
      ObjectServices services,
      ActorRef<ClusterSharding.ShardCommand> shard,
      LateEvents lateEvents,
      LeavingObjects leaving) {
    super(context);
    this.timers = timers;
    this.address = address;
    this.objectClass = objectClass;
    this.services = services;
    this.shard = shard;
    this.lateEvents = lateEvents;
    this.leaving = leaving;
    this.home = new ObjectHome(address, services.placements(), context.getSelf());
    BooleanSupplier leased = services.ownership().of(ShardKind.of(objectClass).type(), address);
    this.owned = () -> leased.getAsBoolean() && home.isCurrent();
    home.ask();
    services.metrics().objectEntered();
    services.usage().entered(address.namespace());
    services.containers().remain(address);
    checkIdleIn(firstCheck());
    lateEvents.take(address).forEach(this::onDeliver);
  }

  @Override
  public Receive<ObjectCommand> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::onCommand)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  private Behavior<ObjectCommand> onCommand(ObjectCommand command) {
    return switch (command) {
      case ObjectCommand.Travelling given when !given.passage().end() -> this;
      case ObjectCommand.Produced produced -> onProduced(produced);
      case ObjectCommand.Replace replace -> onReplace(replace);
      case ObjectCommand.Deliver deliver -> onDeliver(deliver);
      case ObjectCommand.Begin begin -> onBegin(begin);
      case ObjectCommand.Written written -> onWritten(written);
      case ObjectCommand.OpenStorage open -> onOpenStorage(open);
      case ObjectCommand.Reset reset -> onReset(reset);
      case ObjectCommand.WriterStopped stopped -> onWriterStopped(stopped);
      case ObjectCommand.CheckIdle check -> onCheckIdle();
      case ObjectCommand.HomeKnown answer -> onHomeKnown(answer);
      case ObjectCommand.Move move -> onMove(move);
      case ObjectCommand.Operate operate -> onOperate(operate);
      case ObjectCommand.Asleep asleep -> obey(asleep.order(), DEPART_WITH_CONTAINER_MAX);
      case ObjectCommand.Departed outcome -> onDeparted(outcome);
      case ObjectCommand.Wake _, ObjectCommand.Nothing _ -> this;
      case ObjectCommand.Stop stop -> onStop();
    };
  }

  // ---- events in, effects out
  // ---------------------------------------------------------------------------------

  private Behavior<ObjectCommand> onDeliver(ObjectCommand.Deliver deliver) {
    return onDeliver(deliver, false);
  }

  /**
   * @param begins whether it has let others begin first
   */
  private Behavior<ObjectCommand> onDeliver(ObjectCommand.Deliver deliver, boolean begins) {
    if (home.isStale()) {
      home.ask();
      endIncarnation(moving());
    }
    HoldfastException refusal = home.refusal();
    if (refusal != null) {
      deliver.event().reject(refusal);
    } else if (isToWait(deliver.event())) {
      late.add(deliver);
    } else if (begins || mayBegin(deliver)) {
      incarnation().submit(deliver.event());
    }
    return this;
  }

  /** Alarms let each other begin. */
  private boolean mayBegin(ObjectCommand.Deliver deliver) {
    if (!(deliver.event() instanceof ObjectEvent.Alarm alarm)) {
      return true;
    }
    ActorRef<ObjectCommand> self = getContext().getSelf();
    boolean now =
        services.alarmLane().enter(alarm, () -> self.tell(new ObjectCommand.Begin(deliver)));
    if (!now) {
      held.add(deliver);
    }
    return now;
  }

  private Behavior<ObjectCommand> onBegin(ObjectCommand.Begin begin) {
    return held.remove(begin.alarm()) ? onDeliver(begin.alarm(), true) : this;
  }

  private boolean isToWait(ObjectEvent event) {
    boolean leaves = passivating || !home.isOpen() || (stopping && current == null);
    return leaves && !(hearsContainer && event.isOfTheNode());
  }

  private Incarnation incarnation() {
    HoldfastException ended = current == null ? null : current.endedBy();
    if (ended != null) {
      // Its Reset is behind this message: what comes now belongs to the next incarnation.
      endIncarnation(ended);
    }
    Incarnation live = current;
    if (live == null) {
      live = new Incarnation(address, objectClass, getContext().getSelf(), services, owned);
      current = live;
      services.firstEvent(address, objectClass).ifPresent(live::submit);
    }
    return live;
  }

  private Behavior<ObjectCommand> onProduced(ObjectCommand.Produced produced) {
    produced.from().arrived();
    if (produced.from() == current && !owned.getAsBoolean()) {
      endIncarnation(moving());
    }
    if (produced.from() != current) {
      failLate(produced.from(), produced.effect());
      return this;
    }
    Commit commit = produced.commit();
    if (commit != null) {
      pipeline.add(commit, produced.committed());
      current.waitingBytes(pipeline.waitingBytes());
    }
    current.gate().admit(produced.through(), produced.effect());
    persistNext();
    return this;
  }

  private void failLate(Incarnation from, OutputGate.Effect effect) {
    HoldfastException reason = from.endedBy();
    effect.fail(reason == null ? superseded() : reason);
  }

  /** Comes before all commits of its incarnation, which waits for it. */
  private Behavior<ObjectCommand> onReplace(ObjectCommand.Replace replace) {
    if (replace.from() != current || writer == null || writerOf != current) {
      failLate(replace.from(), replace.effect());
      return this;
    }
    writer.tell(
        new ObjectWriter.Replace(
            replace.state().image(), replace.state().alarm(), replace.through()));
    pipeline.beginAlone();
    persistedTransactions = 1;
    persistBegunNanos = System.nanoTime();
    current.gate().admit(replace.through(), replace.effect());
    return this;
  }

  private void persistNext() {
    Incarnation live = current;
    if (writer != null && live != null && writerOf == live) {
      CommitPipeline.Batch batch = pipeline.begin();
      if (batch != null) {
        live.waitingBytes(0);
        writer.tell(new ObjectWriter.Persist(batch.commit(), batch.through()));
        persistedTransactions = batch.commit().transactions();
        persistBegunNanos = System.nanoTime();
      }
    }
  }

  // ---- storage
  // ------------------------------------------------------------------------------------------------

  private Behavior<ObjectCommand> onOpenStorage(ObjectCommand.OpenStorage open) {
    if (open.from() == current) {
      opening = true;
      spawnWriter();
    }
    return this;
  }

  /** Waits for the writer of an earlier incarnation to be gone. */
  private void spawnWriter() {
    Incarnation owner = current;
    if (!opening || writer != null || owner == null) {
      return;
    }
    opening = false;
    ActorRef<ObjectCommand> self = getContext().getSelf();
    writerOf = owner;
    recovered = false;
    writer =
        getContext()
            .spawnAnonymous(
                services.writer(
                    address,
                    home.txSeqMin(),
                    event -> self.tell(new ObjectCommand.Written(owner, event))));
    getContext().watchWith(writer, new ObjectCommand.WriterStopped(owner));
  }

  private Behavior<ObjectCommand> onWritten(ObjectCommand.Written written) {
    if (written.event() instanceof ObjectWriter.Released released) {
      home.released(released.txSeq());
    }
    if (written.incarnation() != current) {
      return this;
    }
    switch (written.event()) {
      case ObjectWriter.Recovered stored -> {
        recovered = true;
        current.opened(stored);
      }
      case ObjectWriter.Persisted _ when !owned.getAsBoolean() -> endIncarnation(moving());
      case ObjectWriter.Persisted persisted -> {
        pipeline.stored();
        services.metrics().persisted(persistedTransactions, System.nanoTime() - persistBegunNanos);
        current.persisted();
        current.gate().durable(persisted.through());
        persistNext();
        maybeStop();
      }
      case ObjectWriter.Failed failed -> {
        if (!pipeline.isEmpty()) {
          services.metrics().persistFailed();
        }
        endIncarnation(failed.cause());
      }
      case ObjectWriter.Released released -> getContext().getLog().debug("{} released", address);
    }
    return this;
  }

  private Behavior<ObjectCommand> onWriterStopped(ObjectCommand.WriterStopped stopped) {
    boolean expected = stopping || stopped.incarnation() != current;
    writer = null;
    writerOf = null;
    if (!expected) {
      endIncarnation(
          new ObjectCallException(
              ErrorCode.STORAGE_FAILED, "Error", "the writer of object " + address + " stopped"));
    }
    if (stopping && current == null) {
      return Behaviors.stopped();
    }
    if (home.isDeparting() && current == null && !home.leave()) {
      stay();
    }
    spawnWriter();
    return this;
  }

  // ---- the end of an incarnation
  // ------------------------------------------------------------------------------

  private Behavior<ObjectCommand> onReset(ObjectCommand.Reset reset) {
    if (reset.from() == current) {
      endIncarnation(reset.reason());
    }
    return this;
  }

  private void endIncarnation(HoldfastException reason) {
    Incarnation ended = current;
    if (ended == null) {
      return;
    }
    getContext().getLog().info("{} is reset: {}", address, reason.getMessage());
    services.metrics().objectReset();
    current = null;
    pipeline.end();
    opening = false;
    if (writer != null) {
      getContext().stop(writer);
    }
    for (ObjectEvent event : ended.end(reason)) {
      if (home.isOpen()) {
        incarnation().submit(event);
      } else {
        onDeliver(new ObjectCommand.Deliver(event, Optional.empty()));
      }
    }
  }

  private HoldfastException superseded() {
    return new ObjectCallException(
        ErrorCode.OBJECT_RESET, "Error", "Durable Object " + address + " was reset meanwhile.");
  }

  private HoldfastException moving() {
    return new ObjectCallException(
        ErrorCode.OBJECT_UNAVAILABLE, "Error", "Durable Object " + address + " is moving.");
  }

  private Behavior<ObjectCommand> onOperate(ObjectCommand.Operate operate) {
    HoldfastException refusal = home.refusal();
    if (refusal != null) {
      operate.reject(refusal);
    } else {
      services.carryOut(operate);
    }
    return this;
  }

  // ---- the region
  // ------------------------------------------------------------------------------------------------

  private Behavior<ObjectCommand> onHomeKnown(ObjectCommand.HomeKnown answer) {
    home.answered(answer);
    settle();
    ObjectCommand.Move order = home.waitingOrder();
    return order == null ? this : onMove(order);
  }

  /** What waits runs here, or is told to go elsewhere. */
  private void settle() {
    HoldfastException refusal = home.refusal();
    if (refusal == null) {
      stay();
      return;
    }
    rejectLate(refusal);
    services.containers().disown(address);
    if (!stopping) {
      passivate();
    }
  }

  private void rejectLate(HoldfastException reason) {
    late.forEach(deliver -> deliver.event().reject(reason));
    late.clear();
  }

  private Behavior<ObjectCommand> onMove(ObjectCommand.Move move) {
    if (passivating || stopping || !home.isToObey(move) || !services.containers().holds(address)) {
      return obey(move, DEPART_MAX);
    }
    // What can be done while the object serves is done before it leaves.
    ActorRef<ObjectCommand> self = getContext().getSelf();
    var _ =
        services
            .containers()
            .sleep(address)
            .whenComplete((_, _) -> self.tell(new ObjectCommand.Asleep(move)));
    return this;
  }

  private Behavior<ObjectCommand> obey(ObjectCommand.Move move, Duration quietMax) {
    if (passivating || stopping) {
      move.sent().reject(home.refusal() == null ? moving() : home.refusal());
    } else if (home.beginDeparture(move, quietMax)) {
      hearContainer();
      return depart();
    }
    return this;
  }

  /** Ends what is here once nothing runs any more; how far its writer came is to be known. */
  private Behavior<ObjectCommand> depart() {
    Incarnation last = incarnation();
    if (writer == null) {
      opening = true;
      spawnWriter();
    }
    ActorRef<ObjectWriter.Command> its = writer;
    boolean waits =
        services.containers().holds(address)
            && (!isQuiet() || awaitsContainer(CONTAINER_DEPART_GRACE));
    if (its != null && writerOf == last && recovered && !waits && quietForGood()) {
      hearContainerNoMore();
      current = null;
      endForGood(last, moving());
      services.containers().left(address);
      its.tell(new ObjectWriter.Release());
    } else if (home.isTooBusy()) {
      stay();
    } else {
      timers.startSingleTimer(new ObjectCommand.CheckIdle(), DEPART_CHECK);
    }
    return this;
  }

  private Behavior<ObjectCommand> onDeparted(ObjectCommand.Departed outcome) {
    if (home.departed(outcome)) {
      if (home.refusal() instanceof ObjectMoved moved) {
        services.moved(address, moved.home());
      }
      settle();
    } else if (outcome.failure() != null) {
      rejectLate(moving());
    }
    return this;
  }

  // ---- its container
  // -----------------------------------------------------------------------------------------------

  /// Whether the object cannot leave the node because of its container, which is told to end.
  private boolean awaitsContainer(Duration graceMax) {
    if (containerEnd == null && services.containers().holds(address)) {
      ActorRef<ObjectCommand> self = getContext().getSelf();
      hearContainer();
      containerEnd = services.containers().leave(address, graceMax);
      var _ = containerEnd.whenComplete((_, _) -> self.tell(new ObjectCommand.CheckIdle()));
    }
    return containerEnd != null && !containerEnd.isDone();
  }

  private void hearContainer() {
    if (services.containers().holds(address)) {
      hearsContainer = true;
      leaving.enter(address, getContext().getSelf());
    }
  }

  private void hearContainerNoMore() {
    if (hearsContainer) {
      hearsContainer = false;
      leaving.leave(address, getContext().getSelf());
    }
  }

  // ---- leaving memory
  // -----------------------------------------------------------------------------------------

  private Duration firstCheck() {
    Duration timeout = services.settings().idleTimeout();
    Duration close = services.settings().closeDatabaseAfter();
    Duration turn = services.settings().limits().turnTimeMax();
    return Stream.of(timeout, close, turn).min(Comparator.naturalOrder()).orElseThrow();
  }

  private void checkIdleIn(Duration delay) {
    timers.startSingleTimer(new ObjectCommand.CheckIdle(), delay);
  }

  private Behavior<ObjectCommand> onCheckIdle() {
    if (stopping) {
      return stopNow();
    }
    if (home.isDeparting()) {
      return current == null ? this : depart();
    }
    if (passivating) {
      stay();
    }
    Duration timeout = services.settings().idleTimeout();
    Incarnation live = current;
    Duration idle = live == null ? timeout : Duration.ofNanos(live.idleNanos());
    if (!isQuiet() || !held.isEmpty()) {
      if (live != null) {
        live.checkTimes();
      }
      checkIdleIn(firstCheck());
    } else if (idle.compareTo(firstCheck()) < 0) {
      checkIdleIn(firstCheck().minus(idle));
    } else if (live != null && idle.compareTo(timeout) < 0) {
      live.hibernate();
      checkIdleIn(timeout.minus(idle));
    } else if (services.containers().holds(address) || !quietForGood()) {
      checkIdleIn(firstCheck());
    } else {
      passivate();
    }
    return this;
  }

  private void passivate() {
    passivating = true;
    shard.tell(new ClusterSharding.Passivate<>(getContext().getSelf()));
    checkIdleIn(PASSIVATE_MAX);
  }

  /** Quiet, with all events from now on coming through this actor. */
  private boolean quietForGood() {
    Incarnation live = current;
    if (live == null) {
      return true;
    }
    live.sockets().beginLeaving();
    boolean quiet = isQuiet();
    if (!quiet) {
      live.sockets().stay();
    }
    return quiet;
  }

  /** The shard did not want the object to leave. */
  private void stay() {
    passivating = false;
    hearContainerNoMore();
    if (containerEnd != null) {
      containerEnd = null;
      services.containers().remain(address);
    }
    if (current != null) {
      current.sockets().stay();
    }
    List<ObjectCommand.Deliver> events = List.copyOf(late);
    late.clear();
    events.forEach(this::onDeliver);
    checkIdleIn(firstCheck());
  }

  private boolean isQuiet() {
    return current == null || (current.isQuiet() && pipeline.isEmpty() && !opening);
  }

  private Behavior<ObjectCommand> onStop() {
    stopping = true;
    if (current != null) {
      current.sockets().beginLeaving();
    }
    drainBegunNanos = System.nanoTime();
    hearContainer();
    return stopNow();
  }

  private void maybeStop() {
    if (stopping) {
      getContext().getSelf().tell(new ObjectCommand.CheckIdle());
    }
  }

  /** Stops when nothing runs any more, or the time for it is over. */
  private Behavior<ObjectCommand> stopNow() {
    if (!mayStop() && !hasDrainedFor(DRAIN_MAX)) {
      timers.startSingleTimer(new ObjectCommand.CheckIdle(), Duration.ofMillis(20));
      return this;
    }
    hearContainerNoMore();
    Incarnation last = current;
    if (last != null) {
      current = null;
      endForGood(last, moving());
    }
    services.containers().left(address);
    if (writer == null) {
      return Behaviors.stopped();
    }
    writer.tell(new ObjectWriter.Release());
    return this;
  }

  /** First what runs ends, since it may need the container. */
  private boolean mayStop() {
    if (home.refusal() != null) {
      return isQuiet() && !services.containers().isRunning(address);
    }
    boolean ends = isQuiet() || containerEnd != null || hasDrainedFor(CONTAINER_DRAIN_MAX);
    return ends && !awaitsContainer(CONTAINER_GRACE) && isQuiet();
  }

  private boolean hasDrainedFor(Duration duration) {
    return System.nanoTime() - drainBegunNanos >= duration.toNanos();
  }

  private Behavior<ObjectCommand> onPostStop() {
    hearContainerNoMore();
    services.metrics().objectLeft();
    services.usage().left(address.namespace());
    if (current != null) {
      endForGood(current, superseded());
    }
    home.close(moving());
    late.addAll(held);
    if (!late.isEmpty()) {
      lateEvents.leave(address, late);
      services.wake(address);
    }
    return this;
  }

  private static void endForGood(Incarnation last, HoldfastException reason) {
    last.end(reason).forEach(event -> event.reject(reason));
  }
}
