package io.holdfast.node.placement;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.node.capacity.NodeCapacity;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a node says of itself to the one that gives shards to nodes.
///
/// @param budget how much containers may take of it: the geometric mean of processors and GiB
/// @param taken the part of that which is taken, 0 to 1, or more
/// @param images how many of the images that apps name it has
/// @param waiting some of the shards in which containers wait for room on it
record HostReport(double budget, double taken, int images, Set<String> waiting) {
  /// Of one that has not said anything yet.
  static final HostReport NONE = new HostReport(0, 0, 0, Set.of());

  private static final double GIB = 1 << 30;
  private static final int WAITING_MAX = 16;

  /// @param waiting the shards in which containers wait for room
  static HostReport of(NodeCapacity.Figures figures, int images, Stream<String> waiting) {
    double cpus = figures.budget().cpuMillis() / 1_000.0;
    return new HostReport(
        Math.sqrt(cpus * figures.budget().memoryBytes() / GIB),
        figures.taken().shareOf(figures.budget()),
        images,
        waiting.distinct().limit(WAITING_MAX).collect(Collectors.toUnmodifiableSet()));
  }

  byte[] toBytes() {
    return String.format(
            Locale.ROOT, "%f %f %d %s", budget, taken, images, String.join(",", waiting))
        .getBytes(UTF_8);
  }

  /// @throws IllegalArgumentException when it is none
  static HostReport parse(byte[] bytes) {
    String[] parts = new String(bytes, UTF_8).split(" ", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("expected four values, found " + parts.length);
    }
    return new HostReport(
        Double.parseDouble(parts[0]),
        Double.parseDouble(parts[1]),
        Integer.parseInt(parts[2]),
        Stream.of(parts[3].split(","))
            .filter(shard -> !shard.isEmpty())
            .collect(Collectors.toUnmodifiableSet()));
  }
}
