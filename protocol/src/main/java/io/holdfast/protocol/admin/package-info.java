/// What operators may do with objects: the port between the admin API of the edge and the node.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the verbs | [ObjectAdmin] |
/// | lists | [ObjectPage], [HistoryPage] |
/// | containers, their logs | [ContainerAdmin] |
/// | what was used | [UsageAdmin] |
/// | two states compared | [ObjectDiff] |
/// | what was done | [Restored], [Forked] |
@NullMarked
package io.holdfast.protocol.admin;

import org.jspecify.annotations.NullMarked;
