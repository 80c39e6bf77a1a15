package io.holdfast.node.container;

import io.holdfast.engine.http.ContainerHttpClient;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Which run an address leads to. Engines give addresses out again at once, while we may not yet
/// have seen the end of who had it before: its requests must not reach the new one. Thread-safe.
final class AddressBook {
  private final ContainerHttpClient http;
  private final Map<InetAddress, ContainerRun> runs = new ConcurrentHashMap<>();

  AddressBook(ContainerHttpClient http) {
    this.http = http;
  }

  /// From now on the address is this run's.
  void enter(InetAddress address, ContainerRun run) {
    ContainerRun before = runs.put(address, run);
    if (before != null && before != run) {
      http.closeAll(address);
    }
  }

  boolean leadsTo(InetAddress address, ContainerRun run) {
    return runs.get(address) == run;
  }

  /// The run has ended: its connections are cut.
  void leave(InetAddress address, ContainerRun run) {
    if (runs.remove(address, run)) {
      http.closeAll(address);
    }
  }
}
