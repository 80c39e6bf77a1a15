package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// Events that came to an object in the moment in which it was leaving memory. Its next life on
/// this node takes them before all others, so that calls keep their order.
///
/// Without it such an event would have to run in the life that ends, with the shard holding back
/// all that comes after it: also what the event itself waits for.
final class LateEvents {
  private final ConcurrentMap<String, List<ObjectCommand.Deliver>> byKey =
      new ConcurrentHashMap<>();

  void leave(ObjectAddress address, List<ObjectCommand.Deliver> events) {
    byKey.put(address.key(), events);
  }

  List<ObjectCommand.Deliver> take(ObjectAddress address) {
    List<ObjectCommand.Deliver> events = byKey.remove(address.key());
    return events == null ? List.of() : events;
  }
}
