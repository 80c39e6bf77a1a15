/// The object runtime: one entity per live object, its turns on virtual threads, its gates.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the entity that decides | [ObjectActor], its messages [ObjectCommand] |
/// | one life in memory: instance, turns, storage | [Incarnation], [TurnQueue], [Turn] |
/// | what an event does | [ObjectEvent] |
/// | which events are taken in | [Admission], [EventLimits] |
/// | what leaves, and when | [OutputGate] |
/// | commits on their way to the writer | [CommitPipeline] |
/// | bookmarks and restores; what operators ask for | [ObjectBookmarks]; [OperatorObjects] |
/// | WebSockets, apart from the lives of their objects | [SocketRegistry], [ObjectSockets], [HeldSocket]; as one life sees them [LiveSockets], [HeldFrames] |
/// | WebSockets whose object goes from node to node | [KeptClients], [KeptClient]; [SocketEdges] |
/// | the way in | [ShardedGateway]; alarms: [AlarmScheduler], its decisions [AlarmPlan] |
/// | calls between nodes | [RemoteCalls], [CommandSerializer], their bytes [CallCodec]; on their way [Underway] |
/// | calls under a key; messages in and out | [KeyedCall], [KeyedCalls]; [ObjectMail], [Delivery] |
@NullMarked
package io.holdfast.node.object;

import org.jspecify.annotations.NullMarked;
