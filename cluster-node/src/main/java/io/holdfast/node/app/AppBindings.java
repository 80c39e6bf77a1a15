package io.holdfast.node.app;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.ValueCodec;
import java.util.Map;

/// What the names in an app's code stand for; the same for all its code. Thread-safe.
///
/// @param objects by the name of the binding
/// @param codec the app's own
record AppBindings(
    String app,
    Map<String, Target> objects,
    Map<String, String> vars,
    Secrets secrets,
    ValueCodec codec) {
  record Target(NamespaceId namespace, ObjectIds ids) {}

  AppBindings {
    objects = Map.copyOf(objects);
    vars = Map.copyOf(vars);
  }
}
