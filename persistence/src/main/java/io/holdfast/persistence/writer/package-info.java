/// The writer of one object: recovers its database from the journal and persists its commits, one
/// merged event at a time.
///
/// Knows pages and sums, not SQL; knows a Pekko journal, not which.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the actor and its messages | [ObjectWriter] |
/// | which stored events count | [Recovery] |
/// | numbers, sums and alarm from one commit to the next | [ObjectLog] |
/// | when a snapshot is taken, and how | [SnapshotPolicy], `SnapshotSchedule`, `SnapshotSaver` |
/// | which snapshots are kept | [SnapshotTrim] |
/// | which chunks of a large image a snapshot writes | `ChunkLedger` |
/// | settings | [WriterConfig], `reference.conf` |
@NullMarked
package io.holdfast.persistence.writer;

import org.jspecify.annotations.NullMarked;
