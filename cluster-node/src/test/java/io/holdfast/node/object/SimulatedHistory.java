package io.holdfast.node.object;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.PageHashes;
import io.holdfast.persistence.writer.StoredObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What the simulation knows of an object's states, beside what is stored: the tree of all that was
/// ever begun to be stored, and how far up one of its branches acknowledgements have left.
final class SimulatedHistory {
  /// Images that a restore can go back to.
  private static final int IMAGES_MAX = 40;

  /// A state of the object between two of its stored groups.
  static final class Version {
    final @Nullable Version parent;
    final long txSeq;
    final long sum;
    final OptionalLong alarm;
    final List<Long> ids;
    private @Nullable DatabaseImage image;

    Version(
        @Nullable Version parent,
        long txSeq,
        DatabaseImage image,
        OptionalLong alarm,
        List<Long> ids) {
      this.parent = parent;
      this.txSeq = txSeq;
      this.sum = PageHashes.of(image).sum();
      this.alarm = alarm;
      this.ids = ids;
      this.image = image;
    }

    @Nullable DatabaseImage image() {
      return image;
    }

    boolean isAfterOrAt(Version earlier) {
      Version at = this;
      while (at != null && at.txSeq > earlier.txSeq) {
        at = at.parent;
      }
      return at == earlier;
    }

    private boolean is(StoredObject stored) {
      return sum == stored.hashes().sum() && alarm.equals(stored.alarm());
    }

    @Override
    public String toString() {
      return "txSeq " + txSeq + " with " + ids.size() + " ids";
    }
  }

  private final Map<Long, List<Version>> byTxSeq = new HashMap<>();
  private final ArrayDeque<Version> withImage = new ArrayDeque<>();
  private Version acknowledged;

  SimulatedHistory() {
    acknowledged = new Version(null, 0, DatabaseImage.EMPTY, OptionalLong.empty(), List.of());
    remember(acknowledged);
  }

  /// A group that a writer begins to store.
  ///
  /// @param ids of the events that are in it and before it
  Version begun(Version parent, Commit commit, List<Long> ids) {
    Version version = new Version(parent, parent.txSeq + 1, commit.after(), commit.alarm(), ids);
    remember(version);
    return version;
  }

  private void remember(Version version) {
    byTxSeq.computeIfAbsent(version.txSeq, _ -> new ArrayList<>()).add(version);
    withImage.add(version);
    if (withImage.size() > IMAGES_MAX) {
      withImage.remove().image = null;
    }
  }

  /// Something has left the object that tells of this state.
  void acknowledged(Version version) {
    if (version.isAfterOrAt(acknowledged)) {
      acknowledged = version;
    } else if (!acknowledged.isAfterOrAt(version)) {
      throw new SimulatedViolation(
          "acknowledged " + version + ", which does not come after " + acknowledged);
    }
  }

  /// The state that was recovered: all that was acknowledged, and nothing or whole groups more.
  Version recovered(StoredObject stored) {
    List<Version> found =
        byTxSeq.getOrDefault(stored.txSeq(), List.of()).stream()
            .filter(version -> version.is(stored))
            .toList();
    if (found.isEmpty()) {
      throw new SimulatedViolation(
          "recovered a state that never was, at txSeq " + stored.txSeq() + ", " + stored.alarm());
    }
    Version version =
        found.stream()
            .filter(each -> each.isAfterOrAt(acknowledged))
            .findFirst()
            .orElseThrow(() ->
                new SimulatedViolation(
                    "recovered " + found + ", which does not come after " + acknowledged));
    if (PageHashes.of(stored.image()).sum() != version.sum) {
      throw new SimulatedViolation(
          "the recovered image of " + version + " is not what its sum says");
    }
    return version;
  }
}
