package io.holdfast.examples.orchestrator;

import io.holdfast.examples.orchestrator.ManagerApi.Fleet;
import io.holdfast.examples.orchestrator.ManagerApi.Member;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Which instances of a region to start and which to stop.
///
/// @param start those that are missing or unhealthy
/// @param stop those above the wanted count
record ScalePlan(List<String> start, List<String> stop) {
  static ScalePlan of(Fleet fleet) {
    List<String> wanted = wantedIds(fleet);
    Set<String> healthy =
        fleet.instances().stream()
            .filter(Member::healthy)
            .map(Member::id)
            .collect(Collectors.toUnmodifiableSet());
    return new ScalePlan(
        wanted.stream().filter(id -> !healthy.contains(id)).toList(),
        fleet.instances().stream().map(Member::id).filter(id -> !wanted.contains(id)).toList());
  }

  static boolean isWanted(String id, Fleet fleet) {
    return wantedIds(fleet).contains(id);
  }

  private static List<String> wantedIds(Fleet fleet) {
    return IntStream.range(0, fleet.wanted())
        .mapToObj(number -> "instance-" + fleet.region() + "-" + number)
        .toList();
  }

  /// The region of `instance-<region>-<number>`.
  static String region(String id) {
    return id.substring(id.indexOf('-') + 1, id.lastIndexOf('-'));
  }
}
