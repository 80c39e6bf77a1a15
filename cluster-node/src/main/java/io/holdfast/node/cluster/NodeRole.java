package io.holdfast.node.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a node does in its cluster; its Pekko roles have these names.
public enum NodeRole {
  /// Serves the routes of apps and the service API.
  EDGE,
  /// Has objects whose class has no container.
  OBJECTS,
  /// Has objects whose class has a container, and runs that.
  CONTAINERS;

  /// As in the settings.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<NodeRole> of(String text) {
    return Arrays.stream(values()).filter(each -> each.toString().equals(text)).findFirst();
  }

  static List<String> texts() {
    return Arrays.stream(values()).map(NodeRole::toString).toList();
  }
}
