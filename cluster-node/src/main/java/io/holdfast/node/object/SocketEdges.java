package io.holdfast.node.object;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A node's name is in the database before a client of that node has its 101 response. So a life of the object that begins
 * elsewhere, for whatever reason, knows whom to ask, and has all sockets before its code sees the first. Nodes are asked when
 * code first uses sockets in a life, and not if they were asked from here before.
 *
 * A node that does not answer is struck off, and its clients are told to connect again once they ask: they may have missed
 * what the object told all others. So that they do not come back with the node, it has a generation: another one each time it
 * is written down.
 *
 * What a node remembers of an object that was here before, and has been elsewhere since, is of no use: the last one that
 * asked has all sockets. So it signs.
 */
/// In the object's own database, in a cluster: at which nodes there are clients of its WebSockets.
/// Turn.
final class SocketEdges {
  /** Which life of which node has asked last; no address. */
  private static final String ASKED_BY = ":asked-by";

  private static final Logger log = LoggerFactory.getLogger(SocketEdges.class);

  private final Incarnation incarnation;
  private final ObjectSockets sockets;
  private final KeptClients clients;

  SocketEdges(Incarnation incarnation, ObjectSockets sockets, KeptClients clients) {
    this.incarnation = incarnation;
    this.sockets = sockets;
    this.clients = clients;
  }

  private static Map<String, Long> stored(ObjectDatabase database) {
    Map<String, Long> stored = new HashMap<>();
    database.visitRows(
        RuntimeTable.SOCKETS,
        "",
        (edge, row) -> {
          if (!edge.equals(ASKED_BY)) {
            stored.put(edge, ByteBuffer.wrap(row).getLong());
          }
        });
    return stored;
  }

  private boolean isOurs() {
    return incarnation
        .database()
        .row(RuntimeTable.SOCKETS, ASKED_BY)
        .filter(row -> new String(row, UTF_8).equals(clients.name()))
        .isPresent();
  }

  private void makeOurs() {
    if (!isOurs()) {
      incarnation.books().putRow(RuntimeTable.SOCKETS, ASKED_BY, clients.name().getBytes(UTF_8));
    }
  }

  /// The generation of a node at which a client is; durable with the writes of the turn.
  long generation(String edge) {
    long generation = known(edge).orElseGet(() -> writtenDown(edge));
    sockets.knows(edge, generation);
    return generation;
  }

  private Optional<Long> known(String edge) {
    return incarnation
        .database()
        .row(RuntimeTable.SOCKETS, edge)
        .map(row -> ByteBuffer.wrap(row).getLong());
  }

  private long writtenDown(String edge) {
    long generation = ThreadLocalRandom.current().nextLong();
    makeOurs();
    byte[] row = ByteBuffer.allocate(Long.BYTES).putLong(generation).array();
    incarnation.books().putRow(RuntimeTable.SOCKETS, edge, row);
    return generation;
  }

  /// Gets the sockets that an earlier life has left at other nodes; waits for them.
  void learn() {
    Map<String, Long> stored = stored(incarnation.database());
    if (stored.isEmpty()) {
      return;
    }
    if (!isOurs()) {
      sockets.knowsNoEdge();
      makeOurs();
    }
    Map<String, CompletableFuture<List<KeptClients.Resumed>>> asked = new HashMap<>();
    stored.forEach((edge, generation) -> {
      if (!sockets.hasAsked(edge)) {
        asked.put(edge, ask(edge, generation));
      }
    });
    asked.forEach((edge, answer) -> {
      if (!isTaken(edge, answer)) {
        strikeOff(edge, stored);
      } else if (sockets.hasClientAt(edge)) {
        sockets.knows(edge, stored.getOrDefault(edge, 0L));
      } else {
        incarnation.books().deleteRow(RuntimeTable.SOCKETS, edge);
      }
    });
    sockets.keepOnly(stored);
  }

  private void strikeOff(String edge, Map<String, Long> stored) {
    log.info("{}: the clients at {} are given up", incarnation.address(), edge);
    Long generation = stored.remove(edge);
    incarnation.books().deleteRow(RuntimeTable.SOCKETS, edge);
    if (generation != null) {
      clients.strikeOff(edge, incarnation.address(), generation);
    }
  }

  /// Clients wait at a node.
  void resume(String edge) {
    // Those of a node that was struck off are told by it, when it is asked for others.
    boolean _ = isTaken(edge, ask(edge, known(edge).orElse(0L)));
  }

  private CompletableFuture<List<KeptClients.Resumed>> ask(String edge, long generation) {
    return clients.ask(edge, incarnation.address(), generation);
  }

  /** Whether it answered. */
  private boolean isTaken(String edge, CompletableFuture<List<KeptClients.Resumed>> answer) {
    List<KeptClients.Resumed> resumed;
    try {
      resumed = answer.join();
    } catch (RuntimeException e) {
      log.debug("{}: no clients from {}", incarnation.address(), edge, e);
      return false;
    }
    resumed.forEach(each -> sockets.adopt(each, clients));
    return true;
  }
}
