package io.holdfast.engine.docker;

import io.holdfast.engine.Network;
import java.net.InetAddress;

/// A network namespace with an interface, an address and the fence around it, ready before a
/// container needs it; for one container, once.
///
/// @param holder the id of the container that holds it open
record NetworkSlot(String holder, Network network, InetAddress address) {
  private static final String MODE = "container:";

  /// Docker's network mode of the container that moves in.
  String mode() {
    return MODE + holder;
  }

  /// The holder that a network mode names; empty for other modes.
  static String holder(String mode) {
    return mode.startsWith(MODE) ? mode.substring(MODE.length()) : "";
  }
}
