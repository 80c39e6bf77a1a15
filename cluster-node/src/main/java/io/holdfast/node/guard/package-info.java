/// A second process that ends a node's containers when the node cannot any more.
///
/// Knows the engine only. See docs/decisions/0019-containers-in-a-cluster.md.
@NullMarked
package io.holdfast.node.guard;

import org.jspecify.annotations.NullMarked;
