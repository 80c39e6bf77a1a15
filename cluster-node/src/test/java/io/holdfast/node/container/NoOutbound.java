package io.holdfast.node.container;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.Env;
import java.net.InetAddress;

/// For containers that send nothing out.
enum NoOutbound implements OutboundServices {
  INSTANCE;

  @Override
  public Env env(NamespaceId namespace) {
    throw new AssertionError("nothing is sent out here");
  }

  @Override
  public void ended(InetAddress address) {}
}
