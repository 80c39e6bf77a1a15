package io.holdfast.node.region;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// Which regions have nodes for which objects. Thread-safe; asks nobody.
@FunctionalInterface
public interface Hosts {
  /// Whether a region has a node whose role it is to have objects of a namespace.
  boolean has(Region region, NamespaceId namespace);

  /// What callers are told of an object in a region that has none.
  static HoldfastException missing(Region region, ObjectAddress object) {
    return new HoldfastException(
        ErrorCode.OBJECT_UNAVAILABLE,
        "Durable Object %s cannot run in region %s: expected a node there that hosts objects of"
                .formatted(object, region)
            + " namespace %s by holdfast.cluster.roles, found none".formatted(object.namespace()));
  }
}
