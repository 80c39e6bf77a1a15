/// What an app author compiles against: Workers at the edge, durable objects behind them, one
/// container per object.
///
/// Plain blocking Java on virtual threads; the package depends on the JDK and JSpecify alone.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | code at the HTTP edge | [Worker], [Env], [ExecutionContext] |
/// | a named, durable, single-threaded actor | [DurableObject], [ObjectContext], [Storage], [SqlStorage] |
/// | an object that owns a container | [Container] (high level), [ContainerHandle] (low level) |
/// | what a container may reach | [OutboundHandlers], [OutboundHandler], [OutboundRules] |
/// | calling an object | [ObjectNamespace], [ObjectStub], [ObjectId] |
/// | calls of its own methods at a later time | [Schedules], [Schedule] |
/// | messages that were given up | [DeadLetters], [DeadLetter] |
/// | WebSockets | [WebSocketPair], [WebSocket], [ObjectContext#acceptWebSocket], [WebSocketAutoResponse] |
/// | HTTP values | [Request], [Response], [Headers], [Body] |
/// | what can go wrong | [HoldfastException], [ErrorCode], [ObjectCallException] |
@NullMarked
package io.holdfast.sdk;

import org.jspecify.annotations.NullMarked;
