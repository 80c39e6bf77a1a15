package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.engine.http.HttpFetcher;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.cluster.Ownership;
import io.holdfast.node.container.ContainerHost;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Receipt;
import io.holdfast.node.metering.MeterBook;
import io.holdfast.node.region.Placements;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StoredState;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.persistence.writer.SnapshotTrim;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What all objects of a node share.
public final class ObjectServices {
  private static final Logger userLog = LoggerFactory.getLogger("io.holdfast.user");

  /** An alarm whose handler runs for longer waits for something, most likely. */
  private static final Duration ALARM_HELD_FOR = Duration.ofMillis(50);

  private final ObjectSettings settings;
  private final AppCatalog apps;
  private final ContainerHost containers;
  private final ObjectMetrics metrics;
  private final MeterBook usage;
  private final HttpFetcher outbound;
  private final ScheduledExecutorService timer;
  private final InstantSource clock;
  private final ShardedGateway gateway;
  private final WriterConfig writerConfig;
  private final ObjectDatabases databases;
  private final ObjectHistory history;
  private final SnapshotTrim snapshotTrim;
  private final EventIndex eventIndex;
  private final Ownership ownership;
  private final Optional<Placements> placements;
  private final SocketRegistry sockets;
  private final AlarmLane alarmLane;

  public ObjectServices(
      ObjectSettings settings,
      AppCatalog apps,
      ContainerHost containers,
      ObjectMetrics metrics,
      MeterBook usage,
      HttpFetcher outbound,
      ScheduledExecutorService timer,
      InstantSource clock,
      ShardedGateway gateway,
      WriterConfig writerConfig,
      ObjectDatabases databases,
      ObjectHistory history,
      SnapshotTrim snapshotTrim,
      EventIndex eventIndex,
      Ownership ownership,
      Optional<Placements> placements,
      AlarmSettings alarms) {
    this.settings = settings;
    this.apps = apps;
    this.containers = containers;
    this.metrics = metrics;
    this.usage = usage;
    this.outbound = outbound;
    this.timer = timer;
    this.clock = clock;
    this.gateway = gateway;
    this.writerConfig = writerConfig;
    this.databases = databases;
    this.history = history;
    this.snapshotTrim = snapshotTrim;
    this.eventIndex = eventIndex;
    this.ownership = ownership;
    this.placements = placements;
    this.sockets = new SocketRegistry(gateway, timer);
    this.alarmLane =
        new AlarmLane(
            alarms.beginsMax(),
            task -> timer.schedule(task, ALARM_HELD_FOR.toMillis(), TimeUnit.MILLISECONDS));
    metrics.watch(alarmLane);
  }

  ObjectSettings settings() {
    return settings;
  }

  AppCatalog apps() {
    return apps;
  }

  ContainerHost containers() {
    return containers;
  }

  ObjectMetrics metrics() {
    return metrics;
  }

  /// What objects use, for the bill.
  MeterBook usage() {
    return usage;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  InstantSource clock() {
    return clock;
  }

  /// The bindings of an object's app, as that object may use them.
  Env env(Incarnation incarnation) {
    return apps.env(
        apps.app(incarnation.address().namespace()), gateway, new TurnCaller(incarnation));
  }

  AlarmLane alarmLane() {
    return alarmLane;
  }

  SocketRegistry sockets() {
    return sockets;
  }

  /// Brings an object into memory.
  void wake(ObjectAddress address) {
    gateway.wake(address);
  }

  void carryOut(ObjectCommand.Operate order) {
    gateway.carryOut(order);
  }

  /// What comes first in each life of an object, when something does.
  Optional<ObjectEvent> firstEvent(ObjectAddress address, ObjectClass objectClass) {
    return containers.mayLoseObjects() && objectClass.container().isPresent()
        ? Optional.of(gateway.lostRun(address))
        : Optional.empty();
  }

  /// An object that was here lives elsewhere now.
  void moved(ObjectAddress address, Placement home) {
    gateway.moved(address, home);
  }

  /// Hands messages to their receiver.
  CompletableFuture<Receipt> deliver(ObjectAddress receiver, Batch batch) {
    return gateway.deliver(receiver, batch);
  }

  Response outbound(Request request) {
    return outbound.fetch(request);
  }

  /// @param hibernator see [ObjectDatabases#open]
  ObjectDatabase openDatabase(DatabaseImage image, Runnable hibernator) {
    return databases.open(image, hibernator);
  }

  /// A database that nobody closes to make room for others: for a short look.
  ObjectDatabase openDatabase(DatabaseImage image) {
    return databases.open(image);
  }

  Ownership ownership() {
    return ownership;
  }

  /// Where objects live, in a cluster of several regions.
  Optional<Placements> placements() {
    return placements;
  }

  ObjectHistory history() {
    return history;
  }

  /// A state with a change to its database.
  StoredState changed(StoredState state, Consumer<ObjectDatabase> change) {
    try (ObjectDatabase database = openDatabase(state.image())) {
      change.accept(database);
      return database
          .commit()
          .map(commit -> new StoredState(commit.after(), commit.alarm()))
          .orElse(state);
    }
  }

  /// @param txSeqMin see [ObjectWriter#create]
  Behavior<ObjectWriter.Command> writer(
      ObjectAddress address, long txSeqMin, Consumer<ObjectWriter.Event> owner) {
    return ObjectWriter.create(
        address, txSeqMin, owner, writerConfig, clock, snapshotTrim, eventIndex);
  }

  void logGivenUp(ObjectAddress address, Duration limit) {
    userLog.warn("{}: a task given to waitUntil() took longer than {}, given up", address, limit);
  }

  void logUserError(ObjectAddress address, Throwable thrown) {
    userLog.warn("{}: an event failed", address, thrown);
  }
}
