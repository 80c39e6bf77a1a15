package io.holdfast.node.object;

import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.CompletableFuture;

/// Clients of a node wait for the object to come for them.
///
/// @param edge the address of that node
record ResumedSockets(String edge, CompletableFuture<RpcResult> reply) implements ObjectEvent.Work {
  private static final RpcResult DONE = new RpcResult.Value(new byte[0]);

  @Override
  public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
    incarnation.sockets().resume(edge);
    return new ObjectEvent.Reply<>(reply, DONE);
  }

  @Override
  public OutputGate.Effect failed(HoldfastException error) {
    return new ObjectEvent.Failure(reply, error);
  }
}
