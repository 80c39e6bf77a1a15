package io.holdfast.protocol;

import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The way to any object, wherever it lives. The edge and the objects themselves meet the node only
/// through this port.
///
/// Never blocks. A future fails with [io.holdfast.sdk.ObjectCallException] or another
/// [io.holdfast.sdk.HoldfastException] and nothing else. Calls that one thread makes to one object
/// one after the other arrive in that order. Cancelling a future does not stop the event.
public interface ObjectGateway {
  /// Sends an HTTP request to an object; completes when the headers of its response are there.
  CompletableFuture<Response> fetch(ObjectAddress target, Request request, CallContext context);

  /// Calls a method of an object.
  CompletableFuture<RpcResult> invoke(ObjectAddress target, RpcCall call, CallContext context);

  /// Gives an object a home in another region.
  ///
  /// @return completes with the region, when the object answers there
  CompletableFuture<String> move(ObjectAddress target, String region, CallContext context);

  /// Where an object with a unique id begins that is made here and now.
  ///
  /// @return the number of a region; 0 in a cluster of one region
  /// @throws io.holdfast.sdk.HoldfastException `jurisdiction_unavailable` when no region has it
  int birthRegion(NamespaceId namespace, Optional<Jurisdiction> jurisdiction);
}
