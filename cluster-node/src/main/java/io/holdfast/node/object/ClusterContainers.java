package io.holdfast.node.object;

import io.holdfast.node.cluster.Members;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.peer.RemoteRef;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ContainerEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// [ContainerAdmin] on the containers of all nodes: each order goes to the node of the object.
/// Thread-safe.
public final class ClusterContainers implements ContainerAdmin {
  private static final Logger log = LoggerFactory.getLogger(ClusterContainers.class);
  private static final String TOPIC = "containers";
  private static final String STOP = "container.stop";
  private static final String RESTART = "container.restart";
  private static final String LOGS = "container.logs";

  private final ContainerAdmin here;
  private final ShardedGateway gateway;
  private final Members members;
  private final Peers peers;
  private final ValueCodec codec = new ValueCodec();

  /// From now on this node carries out the orders of others.
  ///
  /// @param here on the containers of this node
  public ClusterContainers(
      ContainerAdmin here, ShardedGateway gateway, Members members, Peers peers) {
    this.here = here;
    this.gateway = gateway;
    this.members = members;
    this.peers = peers;
    peers.answers(TOPIC, this::ownList);
    gateway.onOrder(
        STOP,
        (object, _) -> {
          here.stop(object);
          return OperatorOrders.NOTHING;
        });
    gateway.onOrder(
        RESTART,
        (object, _) -> {
          here.restart(object);
          return OperatorOrders.NOTHING;
        });
    gateway.onOrder(
        LOGS,
        (object, order) -> {
          String[] given = OperatorOrders.arguments(order);
          return new RpcResult.Bytes(
              here.logs(object, Integer.parseInt(given[0]), Following.valueOf(given[1])));
        });
  }

  // ---- list
  // ---------------------------------------------------------------------------------------------------

  private byte[] ownList() {
    List<ContainerEntry> own = here.list(Optional.empty());
    RemoteRef ref = peers.offer(new ByteArrayInputStream(codec.write(new Page(own))));
    return RowBytes.written(ref::write);
  }

  /** As JSON wants it. */
  private record Page(List<ContainerEntry> containers) {}

  /// Of the nodes that answer.
  @Override
  public List<ContainerEntry> list(Optional<String> app) {
    Map<Address, CompletableFuture<byte[]>> answers = new LinkedHashMap<>();
    for (Address other : members.others()) {
      answers.put(other, peers.ask(other, TOPIC));
    }
    List<ContainerEntry> all = new ArrayList<>(here.list(app));
    answers.forEach((node, answer) -> {
      try {
        for (ContainerEntry entry : listOf(StoredFutures.joined(answer))) {
          if (app.isEmpty() || app.get().equals(entry.app())) {
            all.add(entry);
          }
        }
      } catch (IOException | RuntimeException e) {
        log.warn("the containers of {} are not listed: {}", node, e.toString());
      }
    });
    all.sort(ContainerEntry.ORDER);
    return all;
  }

  private List<ContainerEntry> listOf(byte[] answer) throws IOException {
    RemoteRef ref = RowBytes.read("a list of containers", answer, RemoteRef::read);
    try (InputStream in = peers.stream(ref)) {
      return codec.<Page>read(in.readAllBytes(), Page.class).containers();
    }
  }

  // ---- one container
  // ------------------------------------------------------------------------------------------

  @Override
  public void stop(ObjectAddress object) {
    RpcResult _ = order(object, STOP);
  }

  @Override
  public void restart(ObjectAddress object) {
    RpcResult _ = order(object, RESTART);
  }

  @Override
  public InputStream logs(ObjectAddress object, int tailLines, Following following) {
    return switch (order(object, LOGS, "" + tailLines, following.name())) {
      case RpcResult.Bytes(InputStream stream) -> stream;
      case RpcResult.Value(byte[] bytes) -> new ByteArrayInputStream(bytes);
    };
  }

  private RpcResult order(ObjectAddress object, String method, String... arguments) {
    return StoredFutures.joined(gateway.operate(object, OperatorOrders.order(method, arguments)));
  }
}
