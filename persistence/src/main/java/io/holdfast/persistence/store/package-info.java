/// What a store of objects has to offer beside Pekko's journal and snapshot store; each kind of
/// store implements it.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | histories, lists, deletion of what is old | [StoredRows] |
/// | which objects there are, which alarms are due | [EventIndex] |
/// | the chunks of large snapshots | [SnapshotChunks], [ChunkRows] |
@NullMarked
package io.holdfast.persistence.store;

import org.jspecify.annotations.NullMarked;
