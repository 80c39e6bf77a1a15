package io.holdfast.node.object;

import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.cluster.NodeRole;
import io.holdfast.protocol.NamespaceId;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/// What kind of shard an object is in, by its class: those with containers are on nodes of their
/// own, where the operator wants that.
///
/// The nodes of a cluster have to agree on that, see [io.holdfast.node.cluster.Agreement].
public enum ShardKind {
  PLAIN("object", NodeRole.OBJECTS),
  CONTAINER("container-object", NodeRole.CONTAINERS);

  private final EntityTypeKey<ObjectCommand> type;
  private final NodeRole role;

  ShardKind(String name, NodeRole role) {
    this.type = EntityTypeKey.create(ObjectCommand.class, name);
    this.role = role;
  }

  public static ShardKind of(ObjectClass objects) {
    return objects.container().isPresent() ? CONTAINER : PLAIN;
  }

  /// Of the objects of a namespace; [#PLAIN] when no app has it.
  public static ShardKind of(AppCatalog apps, NamespaceId namespace) {
    return apps.find(namespace).map(ShardKind::of).orElse(PLAIN);
  }

  EntityTypeKey<ObjectCommand> type() {
    return type;
  }

  /// Of the nodes that have such shards.
  public NodeRole role() {
    return role;
  }
}
