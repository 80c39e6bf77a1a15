package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ReadOnlyRoot;
import io.holdfast.engine.ReadOnlyRoot.FirstContent;
import io.holdfast.node.files.FileKeeper;
import io.holdfast.node.files.FileSnapshots;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.persistence.archive.Placement;
import io.holdfast.persistence.archive.StoredSnapshot;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// The files that a container begins with, beside those of its image.
///
/// @param kept of earlier runs
/// @param container a snapshot of a whole file system: then nothing is kept of earlier runs
/// @param directories snapshots by their place
record StartFiles(
    Optional<KeptFiles> kept,
    Optional<StoredSnapshot> container,
    SortedMap<String, StoredSnapshot> directories) {
  /// The snapshots that a start with these options asks for; from now on they live as long as new
  /// ones.
  ///
  /// @throws HoldfastException `snapshot_not_found`
  static StartFiles of(StartOptions options, ObjectAddress object, FileSnapshots snapshots) {
    Optional<StoredSnapshot> container =
        options.containerSnapshot().map(asked -> snapshots.find(object, asked.id()));
    if (container.isPresent() && container.get().image().isEmpty()) {
      throw notOf("a container", container.get());
    }
    // A directory before those in it, which it would replace.
    SortedMap<String, StoredSnapshot> directories = new TreeMap<>();
    options
        .directorySnapshots()
        .forEach((place, asked) -> {
          StoredSnapshot found = snapshots.find(object, asked.id());
          if (found.directory().isEmpty()) {
            throw notOf("a directory", found);
          }
          directories.put(place, found);
        });
    return new StartFiles(Optional.empty(), container, directories);
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

  StartFiles withKept(Optional<KeptFiles> files) {
    return new StartFiles(container.isPresent() ? Optional.empty() : files, container, directories);
  }

  boolean isEmpty() {
    return kept.isEmpty() && container.isEmpty() && directories.isEmpty();
  }

  /// The image that the container has to have, if that matters.
  Optional<String> image() {
    return container.flatMap(StoredSnapshot::image);
  }

  /// The read-only root that these files can be put into.
  ///
  /// @param persistentPaths that the program can change, too
  ReadOnlyRoot readOnlyRoot(ObjectAddress object, List<String> persistentPaths, FileKeeper keeper) {
    Set<String> restored = kept.map(files -> keeper.paths(object, files)).orElse(Set.of());
    SortedMap<String, FirstContent> all = new TreeMap<>();
    for (String path : persistentPaths) {
      all.put(path, restored.contains(path) ? FirstContent.EMPTY : FirstContent.OF_IMAGE);
    }
    directories.keySet().forEach(place -> all.put(place, FirstContent.EMPTY));
    Map<String, FirstContent> outermost = new HashMap<>();
    all.forEach((path, first) -> {
      if (outermost.keySet().stream().noneMatch(outer -> path.startsWith(outer + "/"))) {
        outermost.put(path, first);
      }
    });
    return new ReadOnlyRoot(outermost);
  }

  /// Puts them into a container that has not yet run. Waits.
  ///
  /// @param root empty = it can all be changed
  void restore(
      ObjectAddress object, ContainerId created, Optional<ReadOnlyRoot> root, FileKeeper keeper) {
    Set<String> mounts = relative(root.map(each -> each.writable().keySet()).orElse(Set.of()));
    Placement unlessReplaced =
        new Placement(UnaryOperator.identity(), mounts, relative(directories.keySet()));
    kept.ifPresent(files -> keeper.restore(object, created, files, unlessReplaced));
    FileSnapshots snapshots = keeper.snapshots();
    container.ifPresent(
        snapshot -> snapshots.restore(object, created, snapshot, Optional.empty(), mounts));
    directories.forEach((place, snapshot) ->
        snapshots.restore(object, created, snapshot, Optional.of(place), mounts));
  }

  private static Set<String> relative(Set<String> paths) {
    return paths.stream().map(path -> path.substring(1)).collect(Collectors.toSet());
  }
}
