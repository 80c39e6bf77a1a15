/// How many containers a node runs, and who is next when it is full.
///
/// Nothing here knows engines or actors; a start asks for a [StartTicket] and gives it back.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what there is, and what a container takes | [NodeBudget], [Resources] |
/// | waiting, and in which order | [NodeCapacity], [WaitingLine] |
/// | what this node has of the instances that a region shares | [InstanceDivision] |
/// | settings | [CapacitySettings], `holdfast.containers` in reference.conf |
/// | metrics | [CapacityMetrics] |
@NullMarked
package io.holdfast.node.capacity;

import org.jspecify.annotations.NullMarked;
