package io.holdfast.node.app;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The secrets of an app with their values. Never prints a value.
public final class Secrets {
  private final Map<String, String> values;

  Secrets(Map<String, String> values) {
    this.values = Map.copyOf(values);
  }

  public Optional<String> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  public Set<String> names() {
    return values.keySet();
  }

  @Override
  public String toString() {
    return "Secrets" + names();
  }
}
