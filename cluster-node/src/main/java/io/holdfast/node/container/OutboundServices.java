package io.holdfast.node.container;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.Env;
import java.net.InetAddress;

/// What outbound requests of containers need of the node.
public interface OutboundServices {
  /// The bindings of an app, for a handler that answers one request.
  Env env(NamespaceId namespace);

  /// The container at an address has ended: what it has open is cut.
  void ended(InetAddress address);
}
