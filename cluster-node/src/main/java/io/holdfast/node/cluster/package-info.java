/// A node among others: how it finds them, what it may own, what happens when one is gone.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | settings | [ClusterConfig] |
/// | what this node owns just now | [Ownership], [ShardLease] |
/// | a process that died is told from one that is silent | [DeadProcesses] |
/// | who looks at which alarms | [AlarmSlots] |
/// | why so | docs/decisions/0009-between-nodes.md |
@NullMarked
package io.holdfast.node.cluster;

import org.jspecify.annotations.NullMarked;
