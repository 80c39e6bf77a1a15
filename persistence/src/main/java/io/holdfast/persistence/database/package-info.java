/// The database of one object: SQLite in memory, whose page changes are the journal's events.
/// Nothing in here is durable: a [Commit] is handed to the writer, and an image comes back from
/// recovery.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | pages, and what a transaction changed | [DatabaseImage], [Commit] |
/// | transactions, savepoints, life cycle | [ObjectDatabase], `SqliteObjectDatabase` |
/// | the one place that talks to the driver | `SqliteHandle`, `SqliteStatement` |
/// | pairs and metadata | `HiddenTable`, [KeyRange], [Keys] |
/// | the books of calls and messages | [RuntimeTable] |
/// | which SQL an app may run | `SqlGuard`, `SqlTokenizer`, `SqlPragmas` |
/// | what apps see | [DatabaseStorage], `Transactions`, `AlarmSlot`; the node implements [StorageHost], [StorageHistory] |
@NullMarked
package io.holdfast.persistence.database;

import org.jspecify.annotations.NullMarked;
