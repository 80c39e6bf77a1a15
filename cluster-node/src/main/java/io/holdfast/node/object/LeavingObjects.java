package io.holdfast.node.object;

import io.holdfast.protocol.ObjectAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;

/// The objects that are about to leave this node and wait for the end of their container. What
/// their container tells them takes this way: sharding holds it back until they have left.
/// Thread-safe.
final class LeavingObjects {
  private final Map<String, ActorRef<ObjectCommand>> byKey = new ConcurrentHashMap<>();

  void enter(ObjectAddress object, ActorRef<ObjectCommand> actor) {
    byKey.put(object.key(), actor);
  }

  void leave(ObjectAddress object, ActorRef<ObjectCommand> actor) {
    byKey.remove(object.key(), actor);
  }

  Optional<ActorRef<ObjectCommand>> find(ObjectAddress object) {
    return Optional.ofNullable(byKey.get(object.key()));
  }
}
