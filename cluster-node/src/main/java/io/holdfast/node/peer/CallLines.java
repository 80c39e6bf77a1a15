package io.holdfast.node.peer;

import io.holdfast.persistence.database.RowBytes;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The lines on which this node calls others, one to each. Thread-safe; no method blocks.
final class CallLines {
  private static final Logger log = LoggerFactory.getLogger(CallLines.class);

  /** How long after an attempt to reach a node there may be another one. */
  private static final Duration TRY_EVERY = Duration.ofSeconds(1);

  private final Map<ActorRef<PeerMessage>, CallLine> lines = new ConcurrentHashMap<>();
  private final Map<ActorRef<PeerMessage>, Long> triedNanos = new ConcurrentHashMap<>();
  private final PeerClient client;
  private final Function<ActorRef<PeerMessage>, CompletableFuture<byte[]>> offered;

  /// @param offered asks a node for the reference to its end of a line
  CallLines(PeerClient client, Function<ActorRef<PeerMessage>, CompletableFuture<byte[]>> offered) {
    this.client = client;
    this.offered = offered;
  }

  /// The line to a node, when there is one now.
  Optional<CallLine> to(ActorRef<PeerMessage> node) {
    return Optional.ofNullable(lines.get(node)).filter(CallLine::isOpen);
  }

  /// Connects to a node, unless that was tried just now.
  ///
  /// @param self what this node is called
  /// @param listener hears what the node answers
  void open(ActorRef<PeerMessage> node, String self, CallLine.Listener listener) {
    if (to(node).isPresent() || !mayTry(node)) {
      return;
    }
    offered
        .apply(node)
        .thenAccept(bytes -> {
          RemoteRef ref = RowBytes.read("the offer of a line", bytes, RemoteRef::read);
          client.call(
              ref,
              self,
              connection -> {
                CallLine line = new CallLine(connection, listener);
                CallLine used = lines.merge(node, line, (old, fresh) -> old.isOpen() ? old : fresh);
                if (used == line) { // Otherwise another attempt was quicker.
                  try {
                    line.run();
                  } finally {
                    lines.remove(node, line);
                  }
                }
              });
        })
        .whenComplete((_, failure) -> {
          if (failure != null) {
            log.debug("no line to {}: {}", node.path().address(), failure.toString());
          }
        });
  }

  private boolean mayTry(ActorRef<PeerMessage> node) {
    long now = System.nanoTime();
    Long tried =
        triedNanos.merge(
            node, now, (last, next) -> next - last > TRY_EVERY.toNanos() ? next : last);
    return tried == now;
  }

  /// Ends the lines to nodes at an address.
  void close(String address) {
    triedNanos.keySet().removeIf(node -> node.path().address().toString().equals(address));
    lines.forEach((node, line) -> {
      if (node.path().address().toString().equals(address)) {
        line.close();
      }
    });
  }
}
