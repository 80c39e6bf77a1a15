package io.holdfast.node.capacity;

import io.holdfast.protocol.NamespaceId;

/// Divides the instances that a namespace may have among the nodes of a region: by
/// [NodeCapacity#wanted], [NodeCapacity#giveUp] and [NodeCapacity#share].
public interface InstanceDivision {
  /// How many the node wants has changed. Does not block; any thread.
  ///
  /// @param capacity of the node, always the same
  void changed(NodeCapacity capacity, NamespaceId namespace);
}
