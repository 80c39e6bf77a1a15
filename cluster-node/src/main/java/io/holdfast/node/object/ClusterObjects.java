package io.holdfast.node.object;

import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.admin.Forked;
import io.holdfast.protocol.admin.ForkedAlarm;
import io.holdfast.protocol.admin.HistoryPage;
import io.holdfast.protocol.admin.MovedObject;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.ObjectDiff;
import io.holdfast.protocol.admin.ObjectPage;
import io.holdfast.protocol.admin.Restored;
import io.holdfast.sdk.ObjectId;
import java.util.Optional;

/// [ObjectAdmin] on the objects of all nodes: what only looks reads the store that all share, what
/// changes an object goes to its node. Thread-safe.
public final class ClusterObjects implements ObjectAdmin {
  private static final String FORK = "object.fork";
  private static final String RESTORE = "object.restore";

  private final ObjectAdmin here;
  private final ShardedGateway gateway;

  /// From now on this node carries out the orders of others.
  ///
  /// @param here on the objects of this node
  public ClusterObjects(ObjectAdmin here, ShardedGateway gateway) {
    this.here = here;
    this.gateway = gateway;
    gateway.onOrder(
        RESTORE,
        (object, order) ->
            OperatorOrders.answer(here.restore(object, OperatorOrders.arguments(order)[0])));
    gateway.onOrder(
        FORK,
        (target, order) -> {
          String[] given = OperatorOrders.arguments(order);
          ObjectAddress source =
              new ObjectAddress(target.namespace(), new ObjectId(given[0], Optional.empty()));
          Optional<String> at = given[1].isEmpty() ? Optional.empty() : Optional.of(given[1]);
          return OperatorOrders.answer(
              here.fork(source, at, target, ForkedAlarm.valueOf(given[2])));
        });
  }

  @Override
  public ObjectPage list(NamespaceId namespace, Optional<String> after, int max) {
    return here.list(namespace, after, max);
  }

  @Override
  public HistoryPage history(ObjectAddress object, Optional<String> before, int max) {
    return here.history(object, before, max);
  }

  @Override
  public ObjectDiff diff(ObjectAddress object, String from, String to, int rowsMax) {
    return here.diff(object, from, to, rowsMax);
  }

  @Override
  public Forked fork(
      ObjectAddress source, Optional<String> at, ObjectAddress target, ForkedAlarm alarm) {
    return OperatorOrders.read(
        StoredFutures.joined(
            gateway.operate(
                target,
                OperatorOrders.order(FORK, source.id().hex(), at.orElse(""), alarm.name()))),
        Forked.class);
  }

  @Override
  public Restored restore(ObjectAddress object, String at) {
    return OperatorOrders.read(
        StoredFutures.joined(gateway.operate(object, OperatorOrders.order(RESTORE, at))),
        Restored.class);
  }

  @Override
  public MovedObject move(ObjectAddress object, String region) {
    return here.move(object, region);
  }
}
