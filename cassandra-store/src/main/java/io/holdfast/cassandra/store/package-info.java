/// Objects stored in Cassandra: what Pekko's journal plugin leaves to others, and what is kept
/// beside events.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the connection, and all parts together | [CassandraStore] |
/// | snapshots for Pekko, with chunks of large ones | [CassandraSnapshotStore] |
/// | which objects there are, which alarms are due | [CassandraIndex] |
/// | histories, lists, deletion of what is old | [CassandraRows] |
/// | what is kept apart for a jurisdiction | [ObjectTables], [JurisdictionKeyspaces] |
/// | why so | docs/decisions/0011-cassandra.md, 0021-jurisdictions.md |
@NullMarked
package io.holdfast.cassandra.store;

import org.jspecify.annotations.NullMarked;
