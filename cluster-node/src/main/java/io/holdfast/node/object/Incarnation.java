package io.holdfast.node.object;

import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.app.RpcMethods;
import io.holdfast.node.container.ContainerSupervisor;
import io.holdfast.node.metering.NamespaceMeter;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseStorage;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.StorageHost;
import io.holdfast.persistence.history.StoredState;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectResetError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/*
 * One life of an object in memory, from the first event after it was not there until it leaves memory or is reset.
 *
 * Threads. Events run on virtual threads, one turn at a time (TurnQueue). Everything below marked "turn" is touched only by
 * the thread that holds the turn; the hand-over of the turn orders these accesses. The actor owns the output gate and the
 * writer, and learns of commits by messages that a turn thread sends while it still holds the turn, so they arrive in the
 * order of the commits.
 *
 * Waiting. A turn that waits for anything but its own storage first hands over what it committed, then gives the turn away
 * (yieldWhile) and takes its place at the end of the queue when it comes back. That is the input gate: storage never gives
 * the turn away, everything else does.
 */
final class Incarnation implements StorageHost {
  static final String META_NAME = "name";

  /** Beyond this, the pages that wait for the writer keep further events out. */
  private static final long WAITING_BYTES_MAX = 8L << 20;

  private final ObjectAddress address;
  private final ObjectClass objectClass;
  private final ActorRef<ObjectCommand> actor;
  private final ObjectServices services;
  private final ValueCodec codec;
  private final NamespaceMeter usage;
  private final LiveSockets sockets;
  private final OutputGate gate;
  private final TurnQueue queue = new TurnQueue();
  private final Set<ObjectEvent> running = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<ObjectWriter.Recovered> recovered = new CompletableFuture<>();
  private final ObjectBookmarks bookmarks;
  private final AtomicReference<@Nullable HoldfastException> dead = new AtomicReference<>();

  /**
   * Threads that run events, also those that wait; the last one of an ended incarnation closes the
   * database.
   */
  private final AtomicInteger threads = new AtomicInteger();

  /// Messages to the actor that have not come to it.
  private final AtomicInteger onTheirWay = new AtomicInteger();

  private final Admission admission;
  private volatile long waitingBytes;
  private volatile long lastEventNanos = System.nanoTime();
  private volatile @Nullable TurnHolder turnHolder;
  private volatile boolean abandonsAlarm;

  /** Who keeps the turn; nobody while its event waits for something. */
  private record TurnHolder(Thread thread, long sinceNanos) {}

  // Turn.
  private ObjectId id;
  private @Nullable DurableObject instance;
  private @Nullable DatabaseStorage storage;
  private @Nullable ObjectDatabase database;
  private final KeyedCalls keyedCalls;
  private final ObjectMail mail;
  private final ObjectSchedules schedules;
  private boolean nameSought;
  private boolean storageAsked;

  /** Commits so far; and up to which of them what leaves now has to wait for. */
  private long committed;

  private long awaited;
  private boolean awaitedWrites;

  Incarnation(
      ObjectAddress address,
      ObjectClass objectClass,
      ActorRef<ObjectCommand> actor,
      ObjectServices services,
      BooleanSupplier owned) {
    this.address = address;
    this.gate = new OutputGate(owned);
    this.id = address.id();
    this.objectClass = objectClass;
    this.actor = actor;
    this.services = services;
    this.admission = new Admission(services.settings().limits());
    this.usage = services.usage().of(address.namespace());
    this.codec = services.apps().app(address.namespace()).codec();
    this.keyedCalls = new KeyedCalls(this);
    this.mail = new ObjectMail(this);
    this.schedules = new ObjectSchedules(this);
    this.bookmarks = new ObjectBookmarks(this, address, services);
    this.sockets = new LiveSockets(this, services.sockets());
  }

  // ---- for the actor
  // ------------------------------------------------------------------------------------------

  OutputGate gate() {
    return gate;
  }

  ObjectAddress address() {
    return address;
  }

  /// Queues an event of which the runtime sees to it that there are few.
  void submitOwn(ObjectEvent.Work work) {
    accept(new ObjectEvent.Task(address, CallContext.RUNTIME, work));
  }

  /// Queues an event, or rejects it when there are too many.
  void submit(ObjectEvent event) {
    HoldfastException refusal = admission.refusal(event, queue.length(), running.size());
    if (refusal != null) {
      event.reject(refusal);
      return;
    }
    accept(event);
  }

  private void accept(ObjectEvent event) {
    running.add(event);
    if (queue.enter(event)) {
      startThread(event);
    }
    // The end may have come before the event was in the queue: then nobody but this sees it.
    HoldfastException reason = dead.get();
    if (reason != null && queue.isClosed() && running.remove(event)) {
      event.reject(reason);
    }
  }

  private void startThread(ObjectEvent first) {
    threads.incrementAndGet();
    Thread.ofVirtual().name("object").start(() -> runAll(first));
  }

  /// True when no event runs, waits or is queued. Any thread.
  boolean isQuiet() {
    return running.isEmpty() && gate.isEmpty() && onTheirWay.get() == 0 && !mail.isDelivering();
  }

  /// How much of what was committed waits for the writer.
  void waitingBytes(long bytes) {
    waitingBytes = bytes;
  }

  /// A [ObjectCommand.Produced] of this life has come to the actor.
  void arrived() {
    onTheirWay.decrementAndGet();
  }

  /// Resets the object when an event keeps the turn for too long, and gives up tasks of waitUntil()
  /// that take too long.
  void checkTimes() {
    EventLimits limits = services.settings().limits();
    long now = System.nanoTime();
    TurnHolder holder = turnHolder;
    if (holder != null && now - holder.sinceNanos > limits.turnTimeMax().toNanos()) {
      reset(timeExceeded(limits.turnTimeMax(), "one event"));
      holder.thread.interrupt();
    }
    for (ObjectEvent event : running) {
      if (event instanceof ObjectEvent.Alarm alarm
          && alarm.runningNanos(now) > limits.alarmTimeMax().toNanos()) {
        reset(timeExceeded(limits.alarmTimeMax(), "alarm()"));
        event.interrupt();
      }
      if (event instanceof ObjectEvent.Background
          && now - event.enteredNanos() > limits.backgroundTimeMax().toNanos()
          && running.remove(event)) {
        services.logGivenUp(address, limits.backgroundTimeMax());
        event.interrupt();
      }
    }
  }

  private static HoldfastException timeExceeded(Duration limit, String what) {
    return new ObjectCallException(
        ErrorCode.OBJECT_TIME_EXCEEDED,
        "Error",
        "Durable Object exceeded its time limit of "
            + limit.toMillis()
            + " ms for "
            + what
            + " and was reset.");
  }

  long idleNanos() {
    return System.nanoTime() - lastEventNanos;
  }

  /// Hands over what the journal had of the object.
  void opened(ObjectWriter.Recovered stored) {
    bookmarks.recovered(stored);
    recovered.complete(stored);
  }

  /// One more merged commit is durable; told before the gate opens for it.
  void persisted() {
    bookmarks.persisted();
  }

  /// Closes the database handle of an object that has been idle for a while; the next use opens it
  /// again.
  void hibernate() {
    if (!queue.tryTake()) {
      return;
    }
    try {
      ObjectDatabase open = database;
      if (open != null && !open.hasUncommitted()) {
        open.hibernate();
      }
    } finally {
      giveTurnAway();
    }
  }

  /// Why this life is over, or null while it is not.
  @Nullable HoldfastException endedBy() {
    return dead.get();
  }

  /// Ends this life. All events that run in it end with the reason; events that had not begun are
  /// returned.
  List<ObjectEvent> end(HoldfastException reason) {
    HoldfastException first = dead.compareAndExchange(null, reason);
    // First of all: what comes straight from sockets is then in the queue, or goes to the next
    // life.
    sockets.leave(first == null ? reason : first);
    List<ObjectEvent> notBegun = queue.close();
    notBegun.forEach(running::remove);
    recovered.completeExceptionally(reason);
    running.forEach(event -> event.reject(reason));
    running.clear();
    gate.failAll(reason);
    if (threads.get() == 0) {
      closeDatabase();
    }
    return notBegun;
  }

  private synchronized void closeDatabase() {
    ObjectDatabase open = database;
    if (open != null) {
      open.close();
    }
  }

  // ---- running events
  // -----------------------------------------------------------------------------------------

  private void runAll(ObjectEvent first) {
    Thread.currentThread().setContextClassLoader(objectClass.type().getClassLoader());
    ObjectEvent event = first;
    while (event != null) {
      runOne(event);
      // What interrupted this event is not to disturb the next.
      Thread.interrupted();
      if (waitingBytes > WAITING_BYTES_MAX) {
        awaitStorage();
      }
      event = queue.release();
    }
    if (threads.decrementAndGet() == 0 && dead.get() != null) {
      closeDatabase();
    }
  }

  /** Takes no further event until the journal has caught up. */
  private void awaitStorage() {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    deliver(new OutputGate.Signal(durable), Await.ALL_WRITES);
    // When it fails, the life is over and there is no next event.
    var _ = durable.exceptionally(_ -> null).join();
  }

  private void runOne(ObjectEvent event) {
    admission.left(event);
    long now = System.nanoTime();
    HoldfastException expiry = admission.expiry(event, now);
    if (expiry != null) {
      running.remove(event);
      event.reject(expiry);
      return;
    }
    if (event.isCall()) {
      usage.request();
    }
    Turn turn = new Turn(this, event.context());
    event.runsOn(Thread.currentThread());
    turnHolder = new TurnHolder(Thread.currentThread(), now);
    OutputGate.Effect effect;
    try {
      named(event.target().id());
      effect = ScopedValue.where(Turn.CURRENT, turn).call(() -> event.begin(this));
    } catch (Throwable e) {
      effect = event.failed(described(e));
    }
    deliver(effect);
    turnHolder = null;
    lastEventNanos = System.nanoTime();
    running.remove(event);
    services.metrics().eventEnded();
  }

  DurableObject instance() throws Exception {
    DurableObject known = instance;
    return known == null ? closed(this::construct, "The constructor of") : known;
  }

  private DurableObject construct() throws Exception {
    DurableObject made = objectClass.create(new IncarnationContext(this), services.env(this));
    instance = made;
    if (made instanceof Container container) {
      services
          .containers()
          .entered(address, container.sleepAfter(), container.sleepMode(), container.pausedFor());
    }
    return made;
  }

  private void deliver(OutputGate.Effect produced) {
    deliver(produced, Await.CONFIRMED_WRITES);
  }

  /** Which of the writes so far an effect has to wait for. */
  private enum Await {
    CONFIRMED_WRITES,
    ALL_WRITES
  }

  private void deliver(OutputGate.Effect produced, Await await) {
    HoldfastException reason = dead.get();
    if (reason != null) {
      sockets.discardUnsent();
      produced.fail(reason);
      return;
    }
    OutputGate.Effect effect = sockets.before(produced);
    try {
      Commit commit = takeCommit();
      long through = await == Await.ALL_WRITES ? committed : awaited;
      if (commit == null && gate.isOpen(through) && !sockets.mustWait(effect)) {
        effect.release();
      } else {
        onTheirWay.incrementAndGet();
        actor.tell(new ObjectCommand.Produced(this, commit, committed, through, effect));
      }
    } catch (Throwable e) {
      HoldfastException cause =
          e instanceof HoldfastException known
              ? known
              : new HoldfastException(
                  ErrorCode.STORAGE_FAILED, "object " + address + " cannot commit: " + e, e);
      reset(cause);
      effect.fail(cause);
    }
  }

  private @Nullable Commit takeCommit() {
    if (database == null || !database.hasUncommitted()) {
      return null;
    }
    Optional<Commit> commit = database.commit();
    if (commit.isEmpty()) {
      return null;
    }
    committed++;
    mail.committed();
    if (awaitedWrites) {
      awaited = committed;
      awaitedWrites = false;
    }
    return commit.get();
  }

  HoldfastException described(Throwable thrown) {
    HoldfastException reason = dead.get();
    if (reason != null) {
      return reason;
    }
    return switch (unwrapped(thrown)) {
      case ObjectCallException known when known.remote() -> known;
      case ObjectCallException known ->
          ofObjectCode(known.code(), known.errorName(), known.getMessage(), known);
      case HoldfastException known ->
          ofObjectCode(known.code(), nameOf(known), known.getMessage(), known);
      case Throwable other -> {
        services.metrics().eventFailed();
        services.logUserError(address, other);
        yield ofObjectCode(ErrorCode.OBJECT_FAILED, nameOf(other), messageOf(other), other);
      }
    };
  }

  private static ObjectCallException ofObjectCode(
      ErrorCode code, String errorName, String message, Throwable cause) {
    return new ObjectCallException(
        code, errorName, message, ObjectCallException.Origin.OBJECT_CODE, cause);
  }

  private static String nameOf(Throwable thrown) {
    return thrown.getClass().getSimpleName();
  }

  private static Throwable unwrapped(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String messageOf(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.getClass().getSimpleName() : message;
  }

  // ---- gates, for code that runs in a turn
  // --------------------------------------------------------------------

  /// The turn of the calling thread.
  ///
  /// @throws HoldfastException `wrong_state` when the thread does not hold the turn of this object
  Turn turn() {
    if (!holdsTurn()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected a call from a thread that runs an event of object "
              + address
              + ", found thread '"
              + Thread.currentThread().getName()
              + "' outside of its turn");
    }
    checkAlive();
    return Turn.CURRENT.get();
  }

  private boolean holdsTurn() {
    return Turn.CURRENT.isBound()
        && Turn.CURRENT.get().incarnation == this
        && !Turn.CURRENT.get().away;
  }

  /** The turn of the calling thread, with no transaction open that a commit would cut in two. */
  private Turn turnThatMayWait() {
    Turn turn = turn();
    if (turn.transactions > 0) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "a transaction is open: inside it an object cannot wait for anything but its storage");
    }
    return turn;
  }

  private void checkAlive() {
    if (dead.get() != null) {
      throw ended();
    }
  }

  /// What the code of a life that is over meets.
  ObjectResetError ended() {
    HoldfastException reason = dead.get();
    return new ObjectResetError(reason == null ? "the object was reset" : reason.getMessage());
  }

  /// Whether all writes so far are durable, also those not yet committed. Turn.
  boolean isDurable() {
    return (database == null || !database.hasUncommitted()) && gate.isOpen(committed);
  }

  /// Runs something that waits; other events may enter meanwhile, unless the gate is closed.
  <T> T yieldWhile(Callable<T> task) throws Exception {
    Turn turn = turnThatMayWait();
    handOver();
    turn.away = true;
    turnHolder = null;
    boolean gone = turn.closings == 0;
    if (gone) {
      giveTurnAway();
    }
    T result = null;
    try {
      result = task.call();
      return result;
    } finally {
      if (gone) {
        queue.reacquire();
      }
      turn.away = false;
      turnHolder = new TurnHolder(Thread.currentThread(), System.nanoTime());
      if (dead.get() != null) {
        ObjectEvent.discard(result);
      }
      checkAlive();
    }
  }

  private void giveTurnAway() {
    ObjectEvent next = queue.release();
    if (next != null) {
      startThread(next);
    }
  }

  /// As [#yieldWhile], for something that leaves the object: it begins once all writes so far are
  /// durable.
  <T> T yieldForEffect(Callable<T> task) throws Exception {
    CompletableFuture<Void> durable = whenDurable();
    return yieldWhile(() -> {
      durable.get();
      return task.call();
    });
  }

  /// Completes when all writes so far are durable, or fails with the reason why they will never be.
  ///
  /// @throws HoldfastException `wrong_state` inside a transaction
  CompletableFuture<Void> whenDurable() {
    return whenDurable(Await.CONFIRMED_WRITES);
  }

  private CompletableFuture<Void> whenDurable(Await await) {
    turnThatMayWait().writeBeforePart();
    CompletableFuture<Void> durable = new CompletableFuture<>();
    deliver(new OutputGate.Signal(durable), await);
    return durable;
  }

  /** Waits for the object's own storage: nobody else enters, and the time does not count. */
  private <T> T waitForStorage(CompletableFuture<T> step) {
    turnHolder = null;
    try {
      return Unchecked.call(step::get);
    } finally {
      turnHolder = new TurnHolder(Thread.currentThread(), System.nanoTime());
    }
  }

  private void handOver() {
    if ((database != null && database.hasUncommitted()) || sockets.hasUnsent()) {
      turn().writeBeforePart();
      deliver(ObjectEvent.NOTHING);
    }
  }

  /// Keeps all other events out while the task runs.
  <T> T closed(Callable<T> task) throws Exception {
    return closed(task, "A call to blockConcurrencyWhile() in");
  }

  private <T> T closed(Callable<T> task, String what) throws Exception {
    Turn turn = turn();
    if (turn.closings >= 64) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "blockConcurrencyWhile() nested more than 64 deep");
    }
    Thread thread = Thread.currentThread();
    ScheduledFuture<?> watchdog =
        services
            .timer()
            .schedule(
                () -> {
                  reset(tookTooLong(what));
                  thread.interrupt();
                },
                services.settings().blockConcurrencyTimeout().toMillis(),
                TimeUnit.MILLISECONDS);
    turn.closings++;
    try {
      return task.call();
    } catch (Throwable e) {
      throw reset(resetBy(e));
    } finally {
      watchdog.cancel(false);
      turn.closings--;
    }
  }

  private static HoldfastException tookTooLong(String what) {
    return new ObjectCallException(
        ErrorCode.OBJECT_BLOCKED,
        "Error",
        what
            + " a Durable Object waited for too long. The call was canceled and the Durable Object"
            + " was reset.");
  }

  private HoldfastException resetBy(Throwable thrown) {
    Throwable cause = unwrapped(thrown);
    HoldfastException reason = dead.get();
    // Such as a store that is away.
    if (reason != null && (thrown instanceof ObjectResetError || cause == reason)) {
      return reason;
    }
    services.logUserError(address, cause);
    return new ObjectCallException(
        ErrorCode.OBJECT_RESET,
        nameOf(cause),
        messageOf(cause),
        ObjectCallException.Origin.RUNTIME,
        cause);
  }

  /// Ends this incarnation; the first reason counts.
  ObjectResetError reset(HoldfastException reason) {
    if (dead.compareAndSet(null, reason)) {
      // Events that have not begun belong to the next incarnation.
      queue.seal();
      actor.tell(new ObjectCommand.Reset(this, reason));
    }
    return new ObjectResetError(reason.getMessage());
  }

  // ---- what events use
  // ----------------------------------------------------------------------------------------

  private void named(ObjectId known) {
    if (known.name().isPresent() && id.name().isEmpty()) {
      id = known;
      if (database != null) {
        learnName(database);
      }
    }
  }

  /// The id, with its name when that is known or stored: an alarm and a call by id come without it.
  ObjectId id() {
    if (id.name().isEmpty() && !nameSought && ObjectIds.isNamed(id) && holdsTurn()) {
      database();
    }
    return id;
  }

  ObjectServices services() {
    return services;
  }

  /// The calls under idempotency keys.
  KeyedCalls keyedCalls() {
    return keyedCalls;
  }

  /// The messages to and from other objects.
  ObjectMail mail() {
    return mail;
  }

  /// The calls of its own methods that it has put off.
  ObjectSchedules schedules() {
    turn();
    return schedules;
  }

  /// The database, for what the runtime writes on its own: what leaves waits for it, whatever the
  /// app said of its writes.
  ObjectDatabase books() {
    ObjectDatabase open = database();
    awaitedWrites = true;
    return open;
  }

  boolean hasMethod(String name) {
    return objectClass.methods().has(name);
  }

  LiveSockets sockets() {
    return sockets;
  }

  RpcMethods.Result invoke(DurableObject receiver, RpcCall call) throws Exception {
    return objectClass.methods().invoke(receiver, call, codec);
  }

  DatabaseStorage storage() {
    turn();
    if (storage == null) {
      storage = new DatabaseStorage(this);
    }
    return storage;
  }

  /// The alarm that runs is not to be run again when this life ends now.
  void abandonAlarm() {
    abandonsAlarm = true;
  }

  boolean abandonsAlarm() {
    return abandonsAlarm;
  }

  /// The alarm, when its time has come.
  Optional<Instant> dueAlarm() {
    return storage().storedAlarm().filter(at -> !at.isAfter(services.clock().instant()));
  }

  /// What there is to say of its alarm when it has none that is due: another reason to wake it may
  /// be there.
  AlarmEnd withoutDueAlarm() {
    OptionalLong next = database().due();
    long restMillis = next.orElse(Long.MAX_VALUE) - services.clock().millis();
    return restMillis > 0 ? new AlarmEnd.NotDue(next, restMillis) : new AlarmEnd.Done();
  }

  /// The object's container, when its namespace has one.
  Optional<ContainerHandle> containerHandle() {
    return objectClass
        .container()
        .map(config -> {
          ContainerSupervisor supervisor = services.containers().supervisor(address);
          supervisor.objectArrives();
          return new TurnContainerHandle(this, supervisor);
        });
  }

  void background(CallContext context, Callable<?> task) {
    submit(new ObjectEvent.Background(new ObjectAddress(address.namespace(), id), context, task));
  }

  // ---- StorageHost
  // --------------------------------------------------------------------------------------------

  @Override
  public ObjectDatabase database() {
    turn();
    return database == null ? openDatabase(waitForStorage(recovery())) : database;
  }

  @Override
  public void openConcurrently() {
    turn();
    if (database == null) {
      CompletableFuture<ObjectWriter.Recovered> recovery = recovery();
      ObjectWriter.Recovered stored = Unchecked.call(() -> yieldWhile(recovery::get));
      // Others may have been in the same place meanwhile.
      if (database == null) {
        openDatabase(stored);
      }
    }
  }

  private CompletableFuture<ObjectWriter.Recovered> recovery() {
    if (!storageAsked) {
      storageAsked = true;
      actor.tell(new ObjectCommand.OpenStorage(this));
    }
    return recovered;
  }

  private ObjectDatabase openDatabase(ObjectWriter.Recovered stored) {
    ObjectDatabase opened = databaseOf(stored);
    database = opened;
    learnName(opened);
    mail.opened(opened);
    return opened;
  }

  /** What cannot go back as it was asked to must not go on either: the next life tries again. */
  private ObjectDatabase databaseOf(ObjectWriter.Recovered stored) {
    ObjectDatabase open = services.openDatabase(stored.image(), this::hibernate);
    try {
      return bookmarks.restored(open);
    } catch (HoldfastException e) {
      open.close();
      reset(e);
      throw e;
    }
  }

  @Override
  public ObjectBookmarks history() {
    return bookmarks;
  }

  /// Stores a state in the place of the current one; returns when that is durable. Only while
  /// nothing was committed in this life.
  void replaceDurably(StoredState state) {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    committed++;
    actor.tell(new ObjectCommand.Replace(this, state, committed, new OutputGate.Signal(durable)));
    waitForStorage(durable);
  }

  /// Makes a state the first of an object that never stored anything; the life in memory has to end
  /// after it.
  ///
  /// @throws HoldfastException `wrong_state` when the object has stored something
  void begin(StoredState state) {
    ObjectDatabase empty = database();
    if (!bookmarks.isNew()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected no object " + address + ", found one that has stored something");
    }
    database = bookmarks.replaced(empty, state);
  }

  /**
   * The name is stored with the first write, and known from then on to events that come without it.
   */
  private void learnName(ObjectDatabase opened) {
    nameSought = true;
    if (id.name().isEmpty()) {
      opened
          .metadata(META_NAME)
          .ifPresent(name ->
              id = new ObjectId(id.hex(), Optional.of(new String(name, StandardCharsets.UTF_8))));
    }
    id.name().ifPresent(name -> opened.stamp(META_NAME, name.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void afterWrite(Confirmation confirmation) {
    awaitedWrites |= confirmation == Confirmation.AWAITED;
  }

  NamespaceMeter usage() {
    return usage;
  }

  @Override
  public void rows(long read, long written) {
    usage.rows(read, written);
  }

  @Override
  public void awaitDurable() {
    waitForStorage(whenDurable(Await.ALL_WRITES));
  }

  @Override
  public boolean hasAlarmHandler() {
    return objectClass.hasAlarmHandler();
  }

  @Override
  public ValueCodec codec() {
    return codec;
  }

  @Override
  public void enterTransaction() {
    turn().transactions++;
  }

  @Override
  public void leaveTransaction() {
    turn().transactions--;
  }
}
