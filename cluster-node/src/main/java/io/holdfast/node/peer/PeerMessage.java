package io.holdfast.node.peer;

import io.holdfast.cassandra.Placement;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// What the [Peers] of two nodes tell each other about calls. A call is named by its id among those
/// of the node that made it.
public sealed interface PeerMessage {
  /// A call has arrived at the node of its object.
  ///
  /// @param by the peers there
  /// @param region of that node
  record Taken(long id, ActorRef<PeerMessage> by, String region) implements PeerMessage {}

  /// The answer to a call.
  record Answered(long id, byte[] answer) implements PeerMessage {}

  /// Asks which of these calls are still on their way.
  record AreThere(List<Long> ids, ActorRef<PeerMessage> from) implements PeerMessage {}

  /// These are not: their answers are lost, if they have not come before this.
  record AreGone(List<Long> ids) implements PeerMessage {}

  /// An alarm was set on a node that does not look at it.
  record AlarmSet(String objectKey, long atMillis) implements PeerMessage {}

  /// An object lives elsewhere now.
  record ObjectMoved(String objectKey, Placement home) implements PeerMessage {}

  /// Time to look at what waits for too long.
  enum Local implements PeerMessage {
    TICK
  }

  /// Asks a node something.
  ///
  /// @param id of the question
  /// @param about see [Peers#ask]
  record Ask(long id, String about, ActorRef<PeerMessage> from) implements PeerMessage {}

  /// What it says.
  record Told(long id, byte[] answer) implements PeerMessage {}

  /// Asks whether a node answers.
  record Ping(ActorRef<PeerMessage> from) implements PeerMessage {}

  /// It does.
  record Pong(String region) implements PeerMessage {}

  /// A node cannot be reached.
  record NodeSilent(String address) implements PeerMessage {}

  /// A node is not a member any more.
  record NodeLeft(String address) implements PeerMessage {}
}
