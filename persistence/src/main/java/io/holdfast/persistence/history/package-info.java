/// The past of objects: what was committed when, any earlier state, and how long all that is kept.
///
/// Reads beside the writers, from what the embedded journal has stored; writes nothing but the
/// snapshots and deletions that the retention asks for.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the name of a state | [Bookmark] |
/// | commits and states | [ObjectHistory], `StoredHistory`, `CommitFold` |
/// | what is kept, what goes | [HistoryTrim], `IdleBase`, [HistorySweep] |
/// | two states compared | [StateDiff] |
/// | which objects there are | [StoredObjects] |
/// | settings | [HistoryConfig], `reference.conf` |
@NullMarked
package io.holdfast.persistence.history;

import org.jspecify.annotations.NullMarked;
