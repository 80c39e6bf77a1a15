package io.holdfast.node.files;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.FileChanges;
import io.holdfast.persistence.archive.ArchiveProgress;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.archive.Placement;
import io.holdfast.persistence.archive.StoredSnapshot;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/*
 * A snapshot of a whole file system is what differs from the image, as an overlay has it. Unpacking a tar adds and
 * overwrites, it cannot remove: so the directory in which something of the image is missing is kept whole, and a restore
 * replaces it. Only at the top of the file system there is no such directory; what is missing there comes back.
 */
/// Snapshots of files that somebody asked for. Thread-safe; every method blocks.
public final class FileSnapshots {
  private static final int ID_BYTES = 16;

  /** What the engine itself makes in each container. */
  private static final Set<String> OF_THE_ENGINE =
      Set.of("etc/hosts", "etc/hostname", "etc/resolv.conf");

  private static final Set<String> NO_FILES = Set.of("dev", "proc", "sys", ".dockerenv");

  private final ByJurisdiction<Archives> archives;
  private final ContainerEngine engine;
  private final FileTransfer transfer;
  private final FileSettings settings;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  FileSnapshots(
      ByJurisdiction<Archives> archives,
      ContainerEngine engine,
      FileTransfer transfer,
      FileSettings settings,
      InstantSource clock) {
    this.archives = archives;
    this.engine = engine;
    this.transfer = transfer;
    this.settings = settings;
    this.clock = clock;
  }

  // ---- taking
  // -------------------------------------------------------------------------------------------------

  /// A container that files are copied of while it runs.
  public interface Subject {
    ContainerId id();

    /// Runs a task while nothing changes its files.
    <T> T whileStill(Supplier<T> task);

    /// Whether the copy is called off; asked again and again.
    boolean isEnding();
  }

  /// Keeps the file system of a container.
  ///
  /// @param name empty for none
  /// @throws HoldfastException `archive_too_large`, `archive_failed`, `storage_full`,
  ///   `storage_failed`, `engine_unavailable`, `container_not_running`; `wrong_state` when it is
  ///   called off
  public StoredSnapshot ofContainer(ObjectAddress object, Subject subject, String name) {
    return take(
        object,
        subject,
        name,
        Optional.empty(),
        () -> {
          FileChanges changes = engine.changes(subject.id());
          Set<String> replaced = replaced(changes.removed());
          Predicate<String> wanted = path -> isWanted(path, changes.written(), replaced);
          return new Contents(
              tops(changes).stream()
                  .map(top -> transfer.source(subject.id(), "/" + top, wanted))
                  .toList(),
              List.copyOf(replaced),
              Optional.of(changes.image()));
        });
  }

  /// As [#ofContainer], of one directory.
  ///
  /// @throws HoldfastException also `invalid_argument` when there is no such path
  public StoredSnapshot ofDirectory(
      ObjectAddress object, Subject subject, String directory, String name) {
    return take(
        object,
        subject,
        name,
        Optional.of(directory),
        () -> {
          Archives.Opening tar =
              () -> Optional.of(engine.copyOut(subject.id(), directory, Long.MAX_VALUE));
          return new Contents(
              List.of(Archives.Source.all(directory, tar)),
              List.of(directory.substring(1)),
              Optional.empty());
        });
  }

  /**
   * What goes into a snapshot.
   *
   * @param replaced see [Archives.Work#cleared]
   */
  private record Contents(
      List<Archives.Source> sources, List<String> replaced, Optional<String> image) {}

  /** It waits for its turn before anything stands still. */
  private StoredSnapshot take(
      ObjectAddress object,
      Subject subject,
      String name,
      Optional<String> directory,
      Supplier<Contents> contents) {
    return transfer.inTurn(
        () -> subject.whileStill(() -> keep(object, subject, name, directory, contents.get())));
  }

  private StoredSnapshot keep(
      ObjectAddress object,
      Subject subject,
      String name,
      Optional<String> directory,
      Contents contents) {
    String id = newId();
    Instant now = clock.instant();
    Function<Archives.Kept, StoredSnapshot> snapshot =
        kept ->
            new StoredSnapshot(
                object.namespace().app(),
                id,
                Optional.of(name).filter(text -> !text.isEmpty()),
                directory,
                contents.image(),
                kept.id(),
                kept.bytes(),
                now,
                now.plus(settings.snapshotTtl()));
    Archives in = archives.of(object.key());
    Archives.Work work =
        new Archives.Work(
            contents.sources().stream().map(source -> unlessEnding(source, subject)).toList(),
            contents.replaced(),
            in.references().newest(object.key()),
            settings.limits(),
            new ArchiveProgress());
    return snapshot.apply(transfer.archive(object, () -> in.keep(work, snapshot)));
  }

  private static Archives.Source unlessEnding(Archives.Source of, Subject subject) {
    return new Archives.Source(
        of.root(),
        of.wanted(),
        () -> of.tar().open().map(tar -> new CalledOffStream(tar, subject::isEnding)));
  }

  private String newId() {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  // ---- what of a file system
  // ----------------------------------------------------------------------------------

  /** The directories that something of the image is missing in, without leading slash. */
  private static Set<String> replaced(Set<String> removed) {
    Set<String> directories = new TreeSet<>();
    for (String path : removed) {
      int last = path.lastIndexOf('/');
      directories.add(last == 0 ? path.substring(1) : path.substring(1, last));
    }
    return directories;
  }

  private static boolean isWanted(String path, Set<String> written, Set<String> replaced) {
    if (OF_THE_ENGINE.contains(path)) {
      return false;
    }
    if (written.contains("/" + path) || replaced.contains(path)) {
      return true;
    }
    for (int at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (replaced.contains(path.substring(0, at))) {
        return true;
      }
    }
    return false;
  }

  /** The names at the top of the file system below which something differs. */
  private static Set<String> tops(FileChanges changes) {
    Set<String> tops = new TreeSet<>();
    for (Set<String> paths : List.of(changes.written(), changes.removed())) {
      paths.forEach(path -> tops.add(path.split("/", 3)[1]));
    }
    tops.removeAll(NO_FILES);
    return tops;
  }

  // ---- giving back
  // --------------------------------------------------------------------------------------------

  /// The snapshot of an object's app; from now on it lives as long as a new one.
  ///
  /// @param object that wants it; one under a jurisdiction finds those made under the same
  /// @throws HoldfastException `snapshot_not_found`
  public StoredSnapshot find(ObjectAddress object, String id) {
    String app = object.namespace().app();
    return archives
        .of(object.key())
        .references()
        .refreshed(app, id, settings.snapshotTtl())
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.SNAPSHOT_NOT_FOUND,
                "expected a snapshot of app %s, found none with id '%s'; they end %d days after they were made or last started from"
                    .formatted(
                        app,
                        id.substring(0, Math.min(id.length(), 2 * ID_BYTES)),
                        settings.snapshotTtl().toDays())));
  }

  /// The ids of the images that snapshots belong to.
  public Set<String> images() {
    return archives.parts().values().stream()
        .flatMap(in -> in.references().imagesOfSnapshots().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /// Puts files into a container that has not yet run.
  ///
  /// @param directory where the directory of the snapshot goes; empty for where it was
  /// @param fixed see [Placement#fixed()]
  /// @throws HoldfastException see [FileTransfer#restore]
  public void restore(
      ObjectAddress object,
      ContainerId container,
      StoredSnapshot snapshot,
      Optional<String> directory,
      Set<String> fixed) {
    Placement placement = new Placement(placing(snapshot, directory), fixed, Set.of());
    transfer.restore(
        archives.of(object.key()),
        object,
        container,
        snapshot.archive(),
        placement,
        snapshot.bytes());
  }

  private static UnaryOperator<String> placing(StoredSnapshot snapshot, Optional<String> to) {
    if (to.isEmpty() || snapshot.directory().isEmpty()) {
      return UnaryOperator.identity();
    }
    int cut = snapshot.directory().get().length() - 1;
    String place = to.get().substring(1);
    return path -> place + path.substring(cut);
  }
}
