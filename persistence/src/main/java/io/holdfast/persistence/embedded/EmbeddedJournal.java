package io.holdfast.persistence.embedded;

import static scala.jdk.javaapi.CollectionConverters.asJava;

import io.holdfast.persistence.embedded.EventWrite.Row;
import io.holdfast.protocol.event.AlarmCarrier;
import io.holdfast.protocol.event.AlarmChange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import scala.concurrent.Future;

/// Pekko's journal on the [EmbeddedStore]: `holdfast.persistence.embedded.journal`.
///
/// Writes are encoded on the journal actor and committed in groups; reads run on virtual threads
/// and first wait for writes of the same id that are still on their way, so that a write of a
/// stopped incarnation never lands after its successor has read. An event that is an [AlarmCarrier]
/// moves the alarm in the same commit.
public final class EmbeddedJournal extends AsyncWriteJournal {
  private static final List<Optional<Exception>> NONE_REJECTED = List.of();

  private final EmbeddedStoreExtension extension = EmbeddedStoreExtension.get(context().system());
  private final EmbeddedStore store = extension.store();
  private final Lock[] deletes = Stream.generate(ReentrantLock::new).limit(64).toArray(Lock[]::new);
  private final RowCodec codec = new RowCodec(context().system());

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    List<Row> rows = new ArrayList<>(1);
    List<Optional<Exception>> outcomes = new ArrayList<>(1);
    boolean rejected = false;
    String persistenceId = "";
    for (AtomicWrite write : writes) {
      persistenceId = write.persistenceId();
      Optional<Exception> outcome = encode(write, rows);
      outcomes.add(outcome);
      rejected |= outcome.isPresent();
    }
    if (rows.isEmpty()) {
      return Futures.successful(outcomes);
    }
    EventWrite write = new EventWrite(persistenceId, rows, rejected ? outcomes : NONE_REJECTED);
    store.submit(write);
    return write.result();
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    return extension.read(() -> delete(persistenceId, toSequenceNr));
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    return extension.read(() -> replay(persistenceId, from, to, max, replay));
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    return extension.read(
        () -> store.readSettled(persistenceId, tables -> highest(tables, persistenceId)));
  }

  /* Adds the rows of an atomic write, or none of them and why. */
  private Optional<Exception> encode(AtomicWrite write, List<Row> rows) {
    int before = rows.size();
    try {
      for (PersistentRepr event : asJava(write.payload())) {
        rows.add(row(event));
      }
      return Optional.empty();
    } catch (Exception e) {
      rows.subList(before, rows.size()).clear();
      return Optional.of(e);
    }
  }

  private Row row(PersistentRepr event) {
    byte[] key = RowKey.of(event.persistenceId(), event.sequenceNr());
    return new Row(key, codec.event(event), alarm(event.payload()));
  }

  private static @Nullable AlarmChange alarm(Object payload) {
    return RowCodec.untagged(payload) instanceof AlarmCarrier carrier
        ? carrier.alarmChange()
        : null;
  }

  private @Nullable Void replay(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    byte[] start = RowKey.of(persistenceId, from);
    byte[] end = RowKey.after(persistenceId, to);
    Tables.Scan<Long> scan = rows -> replay(persistenceId, rows, max, replay);
    store.readSettled(persistenceId, tables -> tables.scan(tables.events(), start, end, scan));
    return null;
  }

  /* Returns how many there were. */
  private long replay(
      String persistenceId, RocksIterator rows, long max, Consumer<PersistentRepr> replay) {
    long count = 0;
    for (rows.seekToFirst(); rows.isValid() && count < max; rows.next()) {
      replay.accept(codec.event(persistenceId, RowKey.sequenceNr(rows.key()), rows.value()));
      count++;
    }
    return count;
  }

  /*
   * The highest number ever used, deleted or not: a new event must never get a number again. Deletes of one id follow one
   * another, so that the number remembered never goes back.
   */
  private @Nullable Void delete(String persistenceId, long to) {
    Lock turn = deletes[Math.floorMod(persistenceId.hashCode(), deletes.length)];
    turn.lock();
    try {
      long highest = store.readSettled(persistenceId, tables -> highest(tables, persistenceId));
      long last = Math.min(to, highest);
      if (last > 0) {
        delete(persistenceId, last, highest).join();
      }
      return null;
    } finally {
      turn.unlock();
    }
  }

  private CompletableFuture<Void> delete(String persistenceId, long last, long highest) {
    byte[] id = RowKey.id(persistenceId);
    byte[] remembered = ByteBuffer.allocate(Long.BYTES).putLong(highest).array();
    byte[] first = RowKey.of(persistenceId, 0);
    byte[] end = RowKey.after(persistenceId, last);
    int bytes = 3 * end.length + remembered.length;
    return store.write(
        persistenceId, bytes, group -> group.deleteEvents(first, end, id, remembered));
  }

  private static long highest(Tables tables, String persistenceId) throws RocksDBException {
    byte[] remembered = tables.get(tables.meta(), RowKey.id(persistenceId));
    long deleted = remembered == null ? 0 : ByteBuffer.wrap(remembered).getLong();
    byte[] start = RowKey.of(persistenceId, 0);
    byte[] end = RowKey.after(persistenceId, Long.MAX_VALUE);
    return Math.max(deleted, tables.scan(tables.events(), start, end, EmbeddedJournal::last));
  }

  private static long last(RocksIterator rows) {
    rows.seekToLast();
    return rows.isValid() ? RowKey.sequenceNr(rows.key()) : 0;
  }
}
