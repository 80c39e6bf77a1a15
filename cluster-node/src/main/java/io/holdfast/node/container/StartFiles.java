package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.node.files.FileSnapshots;
import io.holdfast.persistence.archive.StoredSnapshot;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The snapshots that a container begins with.
///
/// @param container of a whole file system: then nothing is restored that was kept of earlier runs
/// @param directories by their place
record StartFiles(Optional<StoredSnapshot> container, Map<String, StoredSnapshot> directories) {
  /// What a start with these options asks for; from now on they live as long as new ones.
  ///
  /// @throws HoldfastException `snapshot_not_found`
  static StartFiles of(StartOptions options, ObjectAddress object, FileSnapshots snapshots) {
    String app = object.namespace().app();
    Optional<StoredSnapshot> container =
        options.containerSnapshot().map(asked -> snapshots.find(app, asked.id()));
    if (container.isPresent() && container.get().image().isEmpty()) {
      throw notOf("a container", container.get());
    }
    Map<String, StoredSnapshot> directories = new HashMap<>();
    options
        .directorySnapshots()
        .forEach((place, asked) -> {
          StoredSnapshot found = snapshots.find(app, asked.id());
          if (found.directory().isEmpty()) {
            throw notOf("a directory", found);
          }
          directories.put(place, found);
        });
    return new StartFiles(container, directories);
  }

  private static HoldfastException notOf(String expected, StoredSnapshot found) {
    return new HoldfastException(
        ErrorCode.SNAPSHOT_NOT_FOUND,
        "expected a snapshot of %s, found that '%s' is of %s"
            .formatted(
                expected,
                found.id(),
                found.directory().map(path -> "directory " + path).orElse("a container")));
  }

  boolean isEmpty() {
    return container.isEmpty() && directories.isEmpty();
  }

  /// The image that the container has to have, if that matters.
  Optional<String> image() {
    return container.flatMap(StoredSnapshot::image);
  }

  /// Puts them into a container that has not yet run. Waits.
  void restore(ObjectAddress object, ContainerId created, FileSnapshots snapshots) {
    container.ifPresent(snapshot -> snapshots.restore(object, created, snapshot, Optional.empty()));
    directories.forEach(
        (place, snapshot) -> snapshots.restore(object, created, snapshot, Optional.of(place)));
  }
}
