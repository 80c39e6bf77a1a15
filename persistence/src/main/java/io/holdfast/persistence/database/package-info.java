/// The database of one object: SQLite in memory, whose page changes are the journal's events.
/// Nothing in here is durable: a [Commit] is handed to the writer, and an image comes back from
/// recovery.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | pages, and what a transaction changed | [DatabaseImage], [Commit] |
/// | which engine, how many open | [ObjectDatabases], [EngineChoice], `EngineSelfTest`, `OpenHandles` |
/// | transactions, savepoints, life cycle | [ObjectDatabase], `SqliteObjectDatabase` |
/// | what talks to SQLite | `SqliteHandle`, `SqliteStatement` and the two of each: `Jdbc…`, `Ffm…` |
/// | SQLite over pages in Java | `SqliteBootstrap`, `SqliteApi`, `PageVfs`, `PageFile` |
/// | pairs and metadata | `HiddenTable`, [KeyRange], [Keys] |
/// | the books of calls and messages | [RuntimeTable], [RowBytes] |
/// | which SQL an app may run | `SqlGuard`, `SqlTokenizer`, `SqlPragmas` |
/// | what apps see | [DatabaseStorage], `Transactions`, `AlarmSlot`; the node implements [StorageHost], [StorageHistory] |
@NullMarked
package io.holdfast.persistence.database;

import org.jspecify.annotations.NullMarked;
