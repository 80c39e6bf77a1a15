/// The database of one object: SQLite in memory, whose page changes are the journal's events.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | pages, and what a transaction changed | [DatabaseImage], [Commit] |
@NullMarked
package io.holdfast.persistence.database;

import org.jspecify.annotations.NullMarked;
