package io.holdfast.persistence.writer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/// Events and snapshots as serialized bytes in memory, with knobs. Survives actor systems; one
/// object per store.
final class MemoryStore {
  private static final Map<String, MemoryStore> STORES = new ConcurrentHashMap<>();

  record Row(byte[] bytes, int serializer, String manifest, Object live) {}

  private final TreeMap<Long, Row> events = new TreeMap<>();
  private final TreeMap<Long, Row> snapshots = new TreeMap<>();
  private final List<Promise<Object>> held = new ArrayList<>();
  private boolean holding;
  private boolean holdingSnapshots;
  private Optional<Exception> failure = Optional.empty();
  private Optional<Exception> rejection = Optional.empty();
  private Optional<Exception> snapshotFailure = Optional.empty();

  static MemoryStore named(String name) {
    return STORES.computeIfAbsent(name, _ -> new MemoryStore());
  }

  /// Pekko's configuration with this store as both plugins.
  static Config config(String name) {
    return ConfigFactory.parseString(
            """
            test.journal { class = "%1$s$Journal", store = "%2$s" }
            test.snapshots { class = "%1$s$Snapshots", store = "%2$s" }
            holdfast.persistence.writer { journal-plugin = test.journal, snapshot-plugin = test.snapshots }
            pekko.log-dead-letters = off
            pekko.loglevel = WARNING
            """
                .formatted(MemoryStore.class.getName(), name))
        .withFallback(ConfigFactory.load());
  }

  synchronized List<Row> events() {
    return List.copyOf(events.values());
  }

  synchronized List<Long> snapshotNumbers() {
    return List.copyOf(snapshots.keySet());
  }

  synchronized void failsWrites(Exception cause) {
    failure = Optional.of(cause);
  }

  synchronized void rejectsWrites(Exception cause) {
    rejection = Optional.of(cause);
  }

  synchronized void failsSnapshots(Exception cause) {
    snapshotFailure = Optional.of(cause);
  }

  synchronized void works() {
    failure = Optional.empty();
    rejection = Optional.empty();
    snapshotFailure = Optional.empty();
  }

  /// Keeps what is written from now on unacknowledged until [#release].
  synchronized void holds() {
    holding = true;
  }

  synchronized void holdsSnapshots() {
    holdingSnapshots = true;
  }

  synchronized void release() {
    holding = false;
    holdingSnapshots = false;
    releaseWaiting();
  }

  /// Acknowledges what waits, and goes on holding.
  synchronized void releaseWaiting() {
    List<Promise<Object>> waiting = List.copyOf(held);
    held.clear();
    waiting.forEach(promise -> promise.success(""));
  }

  synchronized int waiting() {
    return held.size();
  }

  synchronized void changeEvent(long sequenceNr, UnaryOperator<byte[]> change) {
    events.computeIfPresent(sequenceNr, (_, row) -> changed(row, change));
  }

  synchronized void changeSnapshot(long sequenceNr, UnaryOperator<byte[]> change) {
    snapshots.computeIfPresent(sequenceNr, (_, row) -> changed(row, change));
  }

  synchronized void keepEvents(long count) {
    events.tailMap(count, false).clear();
  }

  private static Row changed(Row row, UnaryOperator<byte[]> change) {
    return new Row(change.apply(row.bytes.clone()), row.serializer, row.manifest, row.live);
  }

  private synchronized Optional<Exception> write(long sequenceNr, Row row) throws Exception {
    if (failure.isPresent()) {
      throw failure.get();
    }
    if (rejection.isEmpty()) {
      events.put(sequenceNr, row);
    }
    return rejection;
  }

  private synchronized void save(long sequenceNr, Row row) throws Exception {
    if (snapshotFailure.isPresent()) {
      throw snapshotFailure.get();
    }
    snapshots.put(sequenceNr, row);
  }

  private synchronized <T> Future<T> reply(T value, BooleanSupplier hold, ActorSystem system) {
    if (!hold.getAsBoolean()) {
      return Futures.successful(value);
    }
    Promise<Object> promise = Futures.promise();
    held.add(promise);
    return promise.future().map(_ -> value, system.dispatcher());
  }

  /// The journal of one of the stores.
  static final class Journal extends AsyncWriteJournal {
    private final MemoryStore store;
    private final Codec codec;
    private final ActorSystem system;

    Journal(Config config) {
      store = named(config.getString("store"));
      system = context().system();
      codec = new Codec(SerializationExtension.get(system));
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(
        Iterable<AtomicWrite> messages) {
      try {
        List<Optional<Exception>> results = new ArrayList<>();
        for (AtomicWrite message : messages) {
          PersistentRepr event = message.payload().head();
          results.add(store.write(event.sequenceNr(), codec.write(event.payload())));
        }
        return store.reply(results, () -> store.holding, system);
      } catch (Exception e) {
        return Futures.failed(e);
      }
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String id, long to) {
      return Futures.failed(new UnsupportedOperationException("events are kept"));
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
        String id, long from, long to, long max, Consumer<PersistentRepr> callback) {
      try {
        TreeMap<Long, Row> rows;
        synchronized (store) {
          rows = new TreeMap<>(store.events.tailMap(from));
        }
        rows.forEach((number, row) ->
            callback.accept(
                PersistentRepr.apply(codec.read(row), number, id, "", false, null, "writer")));
        return Futures.successful(null);
      } catch (RuntimeException e) {
        return Futures.failed(e);
      }
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String id, long from) {
      synchronized (store) {
        return Futures.successful(store.events.isEmpty() ? 0L : store.events.lastKey());
      }
    }
  }

  /// The snapshots of one of the stores.
  static final class Snapshots extends SnapshotStore {
    private final MemoryStore store;
    private final Codec codec;
    private final ActorSystem system;

    Snapshots(Config config) {
      store = named(config.getString("store"));
      system = context().system();
      codec = new Codec(SerializationExtension.get(system));
    }

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(
        String id, SnapshotSelectionCriteria criteria) {
      try {
        Map.Entry<Long, Row> last;
        synchronized (store) {
          last = store.snapshots.floorEntry(criteria.maxSequenceNr());
        }
        return Futures.successful(
            Optional.ofNullable(last)
                .map(entry ->
                    SelectedSnapshot.create(
                        new SnapshotMetadata(id, entry.getKey(), 0),
                        codec.read(entry.getValue()))));
      } catch (RuntimeException e) {
        return Futures.failed(e);
      }
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
      try {
        store.save(metadata.sequenceNr(), codec.write(snapshot));
        return store.reply(null, () -> store.holdingSnapshots, system);
      } catch (Exception e) {
        return Futures.failed(e);
      }
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
      return Futures.failed(new UnsupportedOperationException("not used"));
    }

    @Override
    public Future<Void> doDeleteAsync(String id, SnapshotSelectionCriteria criteria) {
      synchronized (store) {
        store.snapshots.headMap(criteria.maxSequenceNr(), true).clear();
      }
      return Futures.successful(null);
    }
  }

  private record Codec(Serialization serialization) {
    Row write(Object stored) {
      var serializer = serialization.findSerializerFor(stored);
      byte[] bytes = serializer.toBinary(stored);
      String manifest = Serializers.manifestFor(serializer, stored);
      return new Row(Arrays.copyOf(bytes, bytes.length), serializer.identifier(), manifest, stored);
    }

    Object read(Row row) {
      return serialization.deserialize(row.bytes, row.serializer, row.manifest).get();
    }
  }
}
