package io.holdfast.persistence.embedded;

import static scala.jdk.javaapi.CollectionConverters.asJava;

import io.holdfast.persistence.embedded.EventWrite.Row;
import io.holdfast.protocol.event.AlarmCarrier;
import io.holdfast.protocol.event.AlarmChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
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
/// Writes are encoded on the journal actor and committed in groups; reads run on threads of the
/// store and first wait for writes of the same id that are still on their way, so that a write of a
/// stopped incarnation never lands after its successor has read. An event that is an [AlarmCarrier]
/// moves the alarm in the same commit.
///
/// Pekko's protocol has no back-pressure within one replay: its events go to the actor's mailbox as
/// they are read. Between replays there is: `reader-threads` run at one time.
public final class EmbeddedJournal extends AsyncWriteJournal {
  private static final List<Optional<Exception>> NONE_REJECTED = List.of();

  private final EmbeddedStore store = EmbeddedStoreExtension.get(context().system()).store();
  private final RowCodec codec = new RowCodec(context().system());

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    /* One request holds events of one persistent actor. */
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
    return ScalaFutures.of(
        store
            .read(persistenceId, tables -> Numbering.of(tables, persistenceId))
            .thenCompose(numbering -> delete(persistenceId, toSequenceNr, numbering)));
  }

  @Override
  @SuppressWarnings("NullAway") // A Void is null.
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    return ScalaFutures.of(
        store.read(persistenceId, tables -> replay(tables, persistenceId, from, to, max, replay)));
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    return ScalaFutures.of(
        store.read(persistenceId, tables -> Numbering.of(tables, persistenceId).highest()));
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
      Tables tables,
      String persistenceId,
      long from,
      long to,
      long max,
      Consumer<PersistentRepr> replay)
      throws RocksDBException {
    byte[] start = RowKey.of(persistenceId, from);
    byte[] end = RowKey.after(persistenceId, to);
    tables.scan(tables.events(), start, end, rows -> replay(persistenceId, rows, max, replay));
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

  private CompletableFuture<Void> delete(String persistenceId, long to, Numbering numbering) {
    long last = Math.min(to, numbering.highest());
    if (last <= 0) {
      return CompletableFuture.completedFuture(null);
    }
    byte[] first = RowKey.of(persistenceId, 0);
    byte[] end = RowKey.after(persistenceId, last);
    return store.write(
        persistenceId,
        4 * end.length,
        group -> {
          group.deleteEvents(first, end);
          numbering.remember(group, persistenceId);
        });
  }
}
