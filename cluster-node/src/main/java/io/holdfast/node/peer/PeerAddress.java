package io.holdfast.node.peer;

/// Where a node serves streams to its peers.
public record PeerAddress(String host, int port) {
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
