package io.holdfast.node.object;

import io.holdfast.cassandra.store.CassandraStore;
import io.holdfast.persistence.embedded.EmbeddedRows;
import io.holdfast.persistence.embedded.EmbeddedStore;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.protocol.event.AlarmIndex;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/// Where the objects of a node are stored, beside Pekko's journal and snapshot store.
///
/// @param rows for histories and lists
/// @param alarms which are due
/// @param index what a writer keeps beside its events
public record ObjectStore(StoredRows rows, AlarmIndex alarms, EventIndex index) {
  /// In the data directory.
  public static ObjectStore in(EmbeddedStore store, ActorSystem<?> system) {
    return new ObjectStore(
        new EmbeddedRows(store, Adapter.toClassic(system)), store.alarms(), EventIndex.NONE);
  }

  /// In Cassandra.
  public static ObjectStore in(CassandraStore store) {
    return new ObjectStore(store.rows(), store.index(), store.index());
  }
}
