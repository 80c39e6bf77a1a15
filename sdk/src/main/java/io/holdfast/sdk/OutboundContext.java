package io.holdfast.sdk;

import java.util.Map;

/// Whose request an [OutboundHandler] answers.
///
/// @param namespace the name of the namespace of the object that owns the container
/// @param containerId the id of that object, 64 hex digits: `env.objects(namespace).idFromString`
///   leads to it
/// @param params what the [OutboundRef] carries; empty for handlers of the class itself
public record OutboundContext(String namespace, String containerId, Map<String, String> params) {
  public OutboundContext {
    params = Map.copyOf(params);
  }
}
