package io.holdfast.node.object;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.persistence.database.StoredAlarm;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.writer.ObjectLog;
import io.holdfast.persistence.writer.StoredObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One incarnation of the simulated object with its writer: what [ObjectActor], [Incarnation] and
/// `ObjectWriter` do, without their threads and actors, on the same database, pipeline, gate and
/// log.
final class SimulatedLife {
  private static final ObjectDatabases FAST =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1000);
  private static final ObjectDatabases PLAIN =
      new ObjectDatabases(EngineChoice.JDBC, DatabaseLimits.DEFAULT, 1000);

  private static final SqlScript TABLE =
      SqlScript.parse("CREATE TABLE IF NOT EXISTS history (id INTEGER)");
  private static final SqlScript INSERT = SqlScript.parse("INSERT INTO history VALUES (?)");
  private static final SqlScript COUNT =
      SqlScript.parse("SELECT count(*) AS n FROM history WHERE id = ?");
  private static final SqlScript ALL = SqlScript.parse("SELECT id FROM history ORDER BY rowid");
  private static final SqlScript HAS_TABLE =
      SqlScript.parse("SELECT name FROM sqlite_master WHERE name = 'history'");

  private enum State {
    CLAIMS,
    SERVES,
    DEAD
  }

  /// What the simulated world has to do with a life.
  interface World {
    SimulatedTime time();

    SimulatedJournal journal();

    SimulatedHistory history();

    ObjectSimulation.Mutation mutation();

    /// It has come to its end by itself.
    void ended(SimulatedLife life);
  }

  private final World world;
  private final ObjectLog log;
  private final OutputGate gate = new OutputGate(() -> true);
  private final CommitPipeline pipeline = new CommitPipeline();
  private final TreeMap<Long, List<Long>> idsByCommit = new TreeMap<>();
  private final TreeMap<Long, SimulatedHistory.Version> versions = new TreeMap<>();
  private ObjectDatabase database;
  private State state = State.CLAIMS;
  private boolean superseded;
  private SimulatedHistory.Version last;
  private List<Long> ids;
  private long committed;
  private List<PageDelta> parts = List.of();
  private int sent;
  private int position;
  private Runnable whenStored = () -> {};

  SimulatedLife(World world, StoredObject stored, SimulatedHistory.Version version) {
    this.world = world;
    this.log = new ObjectLog("app.simulated/0123", stored);
    this.database = open(stored.image());
    this.last = version;
    this.ids = version.ids;
    checkContent();
  }

  /// On either engine: each goes on where the other stopped.
  private ObjectDatabase open(DatabaseImage image) {
    return (world.time().once(3) ? PLAIN : FAST).open(image);
  }

  long epoch() {
    return log.epoch();
  }

  boolean isDead() {
    return state == State.DEAD;
  }

  /// Another life has begun; this one does not know.
  void supersede() {
    superseded = true;
  }

  /// Where several machines reach the journal an epoch is made known before it serves.
  void begin() {
    if (world.journal().reach() == SimulatedJournal.Reach.ONE_PROCESS) {
      serve();
    } else {
      long now = world.time().nowMicros();
      Commit claim = new Commit(log.image(), log.image(), 0, log.alarm());
      store(log.beginClaim(now), claim, ids, this::claimed);
    }
  }

  private void claimed() {
    world.history().acknowledged(last);
    serve();
  }

  private void serve() {
    versions.put(0L, last);
    state = State.SERVES;
  }

  // ---- events

  void call(SimulatedCall call) {
    if (state != State.SERVES) {
      call.fail(gone("is not there"));
      return;
    }
    Commit restored = run(call);
    Optional<Commit> commit = restored == null ? database.commit() : Optional.of(restored);
    commit.ifPresent(made -> {
      committed++;
      idsByCommit.put(committed, ids);
      pipeline.add(made, committed);
    });
    leave(call, committed);
    persistNext();
    if (world.time().once(30)) {
      database.hibernate();
    }
  }

  private void leave(SimulatedCall call, long through) {
    call.onRelease(() -> world.history().acknowledged(versionOf(through)));
    if (mayRelease()) {
      gate.admit(through, call);
    } else {
      call.fail(gone("is superseded"));
    }
  }

  private SimulatedHistory.Version versionOf(long through) {
    var version = versions.ceilingEntry(through);
    if (version == null) {
      throw new SimulatedViolation("an effect left before its commit was begun to be stored");
    }
    return version.getValue();
  }

  /// Writes its id once, however often it is called; the commit of a restore, which is no write.
  private @Nullable Commit run(SimulatedCall call) {
    if (call.kind == SimulatedCall.Kind.READS) {
      database.get("key-1");
      return null;
    }
    if (call.kind == SimulatedCall.Kind.RESTORES) {
      return restore();
    }
    database.execute(TABLE);
    boolean known = database.execute(COUNT, call.id).one().integer("n") > 0;
    if (known != ids.contains(call.id)) {
      throw new SimulatedViolation("id " + call.id + " is in the database or not: " + known);
    }
    if (!known) {
      write(call);
    }
    return null;
  }

  private void write(SimulatedCall call) {
    undoneWrites();
    if (call.kind == SimulatedCall.Kind.DELETES_ALL) {
      database.deleteAll();
      database.execute(TABLE);
      ids = List.of();
    }
    if (call.kind == SimulatedCall.Kind.WRITES_MUCH) {
      put("much", 250_000 + world.time().random().nextInt(250_000));
    }
    database.execute(INSERT, call.id);
    List<Long> next = new ArrayList<>(ids);
    next.add(call.id);
    ids = List.copyOf(next);
    switch (world.time().random().nextInt(6)) {
      case 0 -> put("key-" + world.time().random().nextInt(5), 2_000);
      case 1 -> database.alarm(Optional.of(new StoredAlarm(1_000 + call.id, call.id)));
      case 2 -> database.alarm(Optional.empty());
      case 3 -> database.delete("key-" + world.time().random().nextInt(5));
      case 4 -> database.delete("much");
      default -> database.metadata("name", new byte[] {(byte) call.id});
    }
  }

  private void put(String key, int bytes) {
    byte[] value = new byte[bytes];
    world.time().random().nextBytes(value);
    database.put(key, value);
  }

  /// A transaction of the app that ends in an exception.
  private void undoneWrites() {
    if (world.time().once(8)) {
      ObjectDatabase.Savepoint savepoint = database.savepoint();
      database.execute(INSERT, -1L);
      put("undone", 500);
      database.rollbackTo(savepoint);
      database.release(savepoint);
    }
  }

  /// Goes back to an earlier state, as one commit whose image is that of the state.
  private @Nullable Commit restore() {
    SimulatedHistory.Version target = last;
    int back = world.time().random().nextInt(8);
    for (int i = 0; i < back && target.parent != null; i++) {
      target = target.parent;
    }
    if (target.image() == null) {
      return null;
    }
    Commit commit = new Commit(database.image(), target.image(), 1, target.alarm);
    database.close();
    database = open(target.image());
    ids = target.ids;
    return commit;
  }

  // ---- the writer

  private void persistNext() {
    CommitPipeline.Batch batch = pipeline.begin();
    if (batch == null) {
      return;
    }
    List<PageDelta> events = log.begin(batch.commit(), world.time().nowMicros());
    List<Long> merged = idsByCommit.get(batch.through());
    idsByCommit.headMap(batch.through(), true).clear();
    store(events, batch.commit(), merged, () -> persisted(batch));
    versions.put(batch.through(), last);
    if (world.mutation() == ObjectSimulation.Mutation.ACKNOWLEDGES_BEFORE_DURABLE) {
      gate.durable(batch.through());
    }
  }

  private void persisted(CommitPipeline.Batch batch) {
    pipeline.stored();
    gate.durable(batch.through());
    if (world.time().once(12)) {
      ImageSnapshot snapshot = ImageSnapshot.of(log.image(), log.snapshotHeader());
      world.journal().saveSnapshot(position, snapshot);
    }
    persistNext();
  }

  private void store(List<PageDelta> events, Commit commit, List<Long> merged, Runnable then) {
    last = world.history().begun(last, commit, merged);
    parts = events;
    sent = 0;
    whenStored = then;
    storePart();
  }

  private void storePart() {
    world.journal().append(this, parts.get(sent++), this::partStored, () -> end("cannot store"));
  }

  /// The journal's acknowledgement. A life whose lease is over by then stops: whether its group
  /// counts is for its successor to find out.
  private void partStored(int storedPosition) {
    if (isDead()) {
      return;
    }
    position = storedPosition;
    if (sent < parts.size()) {
      storePart();
      return;
    }
    log.stored();
    if (mayRelease()) {
      whenStored.run();
    } else {
      end("is superseded");
    }
  }

  private boolean mayRelease() {
    return !superseded || world.mutation() == ObjectSimulation.Mutation.ZOMBIES_ARE_ACKNOWLEDGED;
  }

  // ---- the end

  void end(String why) {
    if (isDead()) {
      return;
    }
    state = State.DEAD;
    gate.failAll(gone(why));
    pipeline.end();
    database.close();
    world.journal().died(this);
    world.ended(this);
  }

  private static HoldfastException gone(String why) {
    return new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "the object " + why);
  }

  private void checkContent() {
    List<Long> stored =
        database.execute(HAS_TABLE).hasNext()
            ? database.execute(ALL).stream().map(row -> row.integer("id")).toList()
            : List.of();
    if (!stored.equals(ids)) {
      throw new SimulatedViolation("expected ids " + ids + " after recovery, found " + stored);
    }
  }
}
