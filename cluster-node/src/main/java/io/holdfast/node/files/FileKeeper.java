package io.holdfast.node.files;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.persistence.archive.ArchiveProgress;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.archive.Placement;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The declared paths of containers, on their way into archives and back. Thread-safe; the methods
/// block, call them on virtual threads.
public final class FileKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FileKeeper.class);

  private final ByJurisdiction<Archives> archives;
  private final FileTransfer transfer;
  private final FileSnapshots snapshots;
  private final FileSettings settings;
  private final InstantSource clock;
  private volatile boolean closed;

  public FileKeeper(
      ByJurisdiction<Archives> archives,
      ContainerEngine engine,
      FileSettings settings,
      FileMetrics metrics,
      InstantSource clock) {
    this.archives = archives;
    this.transfer = new FileTransfer(engine, metrics, settings.atOnceMax());
    this.snapshots = new FileSnapshots(archives, engine, transfer, settings, clock);
    this.settings = settings;
    this.clock = clock;
  }

  // ---- declared paths
  // -----------------------------------------------------------------------------------------

  /// Archives the paths of a container that has ended; it must not be removed meanwhile. A path
  /// that is not there is left out. Then the object has to commit the result, and [#committed]
  /// follows.
  ///
  /// @throws HoldfastException `archive_too_large`, `archive_failed`, `storage_full`,
  ///   `storage_failed`, `engine_unavailable`, `container_not_running` when the container is gone;
  ///   the archive before is untouched
  public KeptFiles keep(ObjectAddress object, ContainerId container, List<String> paths) {
    Archives in = archives.of(object.key());
    Archives.Work work =
        new Archives.Work(
            paths.stream().map(path -> transfer.source(container, path, _ -> true)).toList(),
            paths.stream().map(path -> path.substring(1)).toList(),
            in.references().newest(object.key()),
            settings.limits(),
            new ArchiveProgress());
    Archives.Kept kept =
        transfer.inTurn(() -> transfer.archive(object, () -> in.keep(object.key(), work)));
    return new KeptFiles(kept.id(), kept.pin(), kept.files(), kept.bytes(), clock.instant());
  }

  /// Puts files back into a container that has not yet run.
  ///
  /// @throws HoldfastException `storage_corrupt` when something of the archive is missing or
  ///   damaged; `archive_failed` when the engine does not take it
  public void restore(
      ObjectAddress object, ContainerId container, KeptFiles files, Placement placement) {
    if (files.files() > 0) {
      transfer.restore(
          archives.of(object.key()), object, container, files.archive(), placement, files.bytes());
    }
  }

  /// The declared paths that files were kept of.
  public Set<String> paths(ObjectAddress object, KeptFiles files) {
    if (files.files() == 0) {
      return Set.of();
    }
    return archives.of(object.key()).manifest(files.archive()).cleared().stream()
        .map(path -> "/" + path)
        .collect(Collectors.toUnmodifiableSet());
  }

  /// Snapshots that somebody asks for.
  public FileSnapshots snapshots() {
    return snapshots;
  }

  // ---- who has which
  // ------------------------------------------------------------------------------------------

  /// The object has durably committed that these are its files.
  public void committed(ObjectAddress object, KeptFiles files) {
    archives.of(object.key()).supersede(object.key(), files.archive(), files.pin());
  }

  /// The object is going to have files again that it had before, or that another one had.
  ///
  /// @return whether they are still there
  public boolean keepAgain(ObjectAddress object, KeptFiles files) {
    return archives.of(object.key()).keepAgain(object.key(), files.archive());
  }

  // ---- cleaning
  // -----------------------------------------------------------------------------------------------

  /// Removes from now on, at each interval, what nobody needs any more.
  ///
  /// @param turn whether it is for this node to do that where what is under a jurisdiction, or
  ///   under none, is kept; asked each time
  public void start(ScheduledExecutorService timer, Predicate<Optional<Jurisdiction>> turn) {
    long millis = settings.sweepInterval().toMillis();
    try {
      var _ =
          timer.scheduleWithFixedDelay(
              () ->
                  archives
                      .parts()
                      .forEach((law, in) -> {
                        if (turn.test(law)) {
                          Thread.ofVirtual().name("file-sweep").start(() -> sweep(in));
                        }
                      }),
              millis,
              millis,
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      log.debug("the timer has ended, and with it the sweep of files");
    }
  }

  private void sweep(Archives in) {
    if (closed) {
      return;
    }
    try {
      var _ = in.sweep().runWhenNeeded();
    } catch (RuntimeException e) {
      if (!closed) {
        log.error("files that nobody needs are not removed for now: {}", e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
