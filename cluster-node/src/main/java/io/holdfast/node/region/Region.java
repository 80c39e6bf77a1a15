package io.holdfast.node.region;

import io.holdfast.protocol.Jurisdiction;
import java.util.List;
import java.util.Set;

/// A region as the operator describes it.
///
/// @param name of the settings, and of Pekko's data center
/// @param number stands in unique ids; 0 when the cluster does not list its regions
/// @param hints for which location hints it is meant
/// @param jurisdictions that it is in
/// @param nearest the names of others, the nearest first
public record Region(
    String name,
    int number,
    Set<String> hints,
    Set<Jurisdiction> jurisdictions,
    List<String> nearest) {
  /// One that knows nothing of others.
  static Region alone(String name) {
    return new Region(name, 0, Set.of(), Set.of(), List.of());
  }

  @Override
  public String toString() {
    return name;
  }
}
