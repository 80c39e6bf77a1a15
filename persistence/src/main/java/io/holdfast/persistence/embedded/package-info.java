/// The journal of a single machine: events, snapshots, their chunks and alarms in one RocksDB, one
/// writer thread, one fsync per group.
///
/// Nothing here knows what an event means; of a large snapshot it knows which chunks it is made of.
/// An acknowledged write survives the death of the process and of the machine.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | who owns the directory | [DataDirectory] |
/// | writing, group commit, failure and recovery | [EmbeddedStore], then `WriteQueue`, `StoreWrite`, `Tables` |
/// | what Pekko talks to | [EmbeddedJournal], [EmbeddedSnapshotStore], [EmbeddedStoreExtension] |
/// | reading back beside Pekko, and trimming | [EmbeddedRows] |
/// | the alarm index | [io.holdfast.protocol.event.AlarmIndex], `AlarmTable` |
/// | chunks of large snapshots | `ChunkTable`; when they go: [io.holdfast.persistence.store.SnapshotChunks] |
/// | bytes on disk | `RowKey`, `RowCodec` |
/// | what a node keeps for itself: runs of containers, what was used, who needs which archive | `NodeRows`; [NodeTable], [MeterTable], `ArchiveTable` |
/// | a damaged log | `WalTail` |
/// | settings | [EmbeddedConfig], `reference.conf` |
@NullMarked
package io.holdfast.persistence.embedded;

import org.jspecify.annotations.NullMarked;
