package io.holdfast.cassandra.store;

import com.typesafe.config.Config;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Payload;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.cassandra.journal.CassandraJournal;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import scala.collection.immutable.Seq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.runtime.BoxedUnit;
import scala.util.Try;

/// Pekko's journal on Cassandra. With `holdfast.persistence.cassandra.strict-append` it writes by
/// [StrictAppends]; all else is as it is without.
///
/// An atomic write of several events that lie in two partitions is not atomic then. Writers of
/// objects make none of several ([io.holdfast.persistence.writer.ObjectWriter]).
public final class CassandraObjectJournal extends CassandraJournal {
  /** There is nothing to say of each. */
  private static final Seq<Try<BoxedUnit>> ALL_TAKEN =
      CollectionConverters.asScala(List.<Try<BoxedUnit>>of()).toSeq();

  private final Serialization serialization = SerializationExtension.get(context().system());
  private final CassandraStore store = CassandraStore.get(context().system());

  /// As Pekko makes it.
  ///
  /// @param config of the journal
  /// @param path where that is
  public CassandraObjectJournal(Config config, String path) {
    super(config, path);
  }

  @Override
  public Future<Seq<Try<BoxedUnit>>> asyncWriteMessages(Seq<AtomicWrite> messages) {
    if (!store.config().strictAppend()) {
      return super.asyncWriteMessages(messages);
    }
    long now = System.currentTimeMillis();
    List<Event> events = new ArrayList<>();
    for (AtomicWrite write : CollectionConverters.asJava(messages)) {
      for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
        events.add(event(event, now));
      }
    }
    // All are of one object.
    StrictAppends appends = store.tables(events.getFirst().persistenceId()).appends();
    return FutureConverters.asScala(appends.append(events).thenApply(_ -> ALL_TAKEN));
  }

  private Event event(PersistentRepr event, long now) {
    Object payload = event.payload();
    Serializer serializer = serialization.findSerializerFor(payload);
    return new Event(
        event.persistenceId(),
        event.sequenceNr(),
        now,
        event.writerUuid(),
        event.manifest(),
        new Payload(
            serializer.identifier(),
            Serializers.manifestFor(serializer, payload),
            serialization.serialize(payload).get()));
  }
}
