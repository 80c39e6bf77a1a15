/// How nodes of a cluster reach each other beside Pekko's messages.
///
/// A call travels in a message until it is known who takes it, then on a line between both nodes;
/// small bodies with it. What is larger, or has no end yet, stays where it is and is read over a
/// connection of its own, so that it holds up nothing else and its reader sets the pace.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | news and questions between nodes; the way in | [Peers] |
/// | calls that wait for an answer of another node | [PeerCalls] |
/// | lines for calls | [CallLines], [CallLine] |
/// | streams and WebSockets of other nodes | [PeerLine], [PeerServer], [PeerClient] |
/// | why so | docs/decisions/0009-between-nodes.md |
@NullMarked
package io.holdfast.node.peer;

import org.jspecify.annotations.NullMarked;
