package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExitReason;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The declared paths of an object's container.
 *
 *   the process ends      its disk is quiet from here on; the container stays on the engine
 *   archived              durable as a whole and pinned, but nobody's yet
 *   told to the object    which commits it with its own writes, and only its owner can: from here on it is the last good one
 *   superseded            the one before is kept for the retention only
 *   container removed     so a node that dies anywhere before finds the container ended, and begins anew
 *
 * A start does not wait for the commit, which may need a turn that the start itself has; but it waits for the archive, whose
 * container it would remove otherwise, and restores that one.
 *
 * Kept is what ended in order: told to stop, or with code 0 by itself. What was destroyed, crashed or ran out of memory keeps
 * what was archived before.
 */
/// Keeps the declared paths of a container when it ends, and restores them before the next one
/// runs. Thread-safe.
final class ContainerFiles {
  private static final Logger log = LoggerFactory.getLogger(ContainerFiles.class);
  private static final int KEEP_TRIES = 6;
  private static final int SIGTERM_CODE = 128 + 15;

  private final ContainerCell cell;
  private final ContainerHost host;

  // Guarded by the cell.

  /** The last archive, from the end of its container until the object has committed it. */
  private @Nullable CompletableFuture<Optional<KeptFiles>> underWay;

  ContainerFiles(ContainerCell cell) {
    this.cell = cell;
    this.host = cell.host();
  }

  /// What a start has to restore, as far as it is known when it is ordered.
  ///
  /// @param committed what the object names
  /// @param underWay what is newer than that, when there is such
  /// @param snapshots what was asked for beside that
  record Before(
      Optional<KeptFiles> committed,
      @Nullable CompletableFuture<Optional<KeptFiles>> underWay,
      StartFiles snapshots) {}

  private List<String> paths() {
    return host.persistentPaths(cell.address());
  }

  /// Whether there are declared paths.
  boolean areKept() {
    return !paths().isEmpty();
  }

  // ---- the end
  // ------------------------------------------------------------------------------------------------

  /// Its process has ended; called with the monitor of the cell held.
  void ended(ContainerRun run, ExitReason reason) {
    if (areKept() && endedInOrder(run, reason)) {
      run.keepsFiles = true;
      underWay = run.filesKept;
    } else {
      run.filesKept.complete(Optional.empty());
    }
  }

  private static boolean endedInOrder(ContainerRun run, ExitReason reason) {
    if (run.killWanted || reason instanceof ExitReason.Destroyed) {
      return false;
    }
    return run.endWanted || reason.equals(new ExitReason.Exited(0));
  }

  /// As [#ended], for a container that ended while no node looked: whether somebody had told it to
  /// is read from how it did.
  void foundEnded(ContainerRun run, ExitReason reason) {
    run.endWanted = reason.equals(new ExitReason.Exited(SIGTERM_CODE));
    ended(run, reason);
  }

  /// Archives the files of a container that has ended. Waits; the outcome is in
  /// [ContainerRun#filesKept].
  void keep(ContainerRun run, ContainerId container) {
    if (!run.keepsFiles) {
      return;
    }
    try {
      run.filesKept.complete(Optional.of(keepPatiently(container)));
    } catch (RuntimeException e) {
      failed(run, e);
    }
  }

  private void failed(ContainerRun run, RuntimeException e) {
    HoldfastException known =
        e instanceof HoldfastException fault
            ? fault
            : new HoldfastException(ErrorCode.ARCHIVE_FAILED, "files: " + e, e);
    log.error(
        "{}: the files of the container could not be kept, those kept before stay: {}",
        cell.address(),
        known.getMessage());
    synchronized (cell) {
      if (underWay == run.filesKept) {
        underWay = null;
      }
    }
    run.filesKept.completeExceptionally(known);
  }

  /** What may go away by itself is tried again. */
  private KeptFiles keepPatiently(ContainerId container) {
    for (int attempt = 1; ; attempt++) {
      try {
        return host.files().keep(cell.address(), container, paths());
      } catch (HoldfastException e) {
        if (!e.code().retryable()
            || e.code() == ErrorCode.CONTAINER_NOT_RUNNING
            || attempt == KEEP_TRIES
            || host.isClosed()) {
          throw e;
        }
        log.warn(
            "{}: keeping files failed ({} of {}): {}",
            cell.address(),
            attempt,
            KEEP_TRIES,
            e.getMessage());
        Waits.pause(host.retryPause().multipliedBy(1L << attempt));
      }
    }
  }

  /// What the object has to commit, if there is something.
  Optional<KeptFiles> uncommitted() {
    CompletableFuture<Optional<KeptFiles>> future;
    synchronized (cell) {
      future = underWay;
    }
    return future == null || !future.isDone() || future.isCompletedExceptionally()
        ? Optional.empty()
        : future.join();
  }

  /// The object has durably committed the files of that run.
  void committed(ContainerRun run, KeptFiles files) {
    try {
      host.files().committed(cell.address(), files);
    } catch (HoldfastException e) {
      log.warn("{}: files kept before stay longer: {}", cell.address(), e.getMessage());
    }
    synchronized (cell) {
      if (underWay == run.filesKept) {
        underWay = null;
      }
    }
  }

  /// Waits until the files of a run that was told to stop are kept.
  ///
  /// @throws HoldfastException why they are not
  void awaitKept(ContainerRun run) {
    Optional<KeptFiles> _ = Waits.join(run.filesKept);
  }

  // ---- the next start
  // -----------------------------------------------------------------------------------------

  /// Called with the monitor of the cell held, when a start is ordered.
  ///
  /// @param committed the files that the object names, read in the turn that orders the start
  /// @param snapshots that were asked for
  Before before(Optional<KeptFiles> committed, StartFiles snapshots) {
    return new Before(committed, underWay, snapshots);
  }

  /// Waits for what is being archived, and says what the container begins with.
  StartFiles toRestore(Before before) {
    return before.snapshots().withKept(newest(before));
  }

  private Optional<KeptFiles> newest(Before before) {
    CompletableFuture<Optional<KeptFiles>> newer = before.underWay();
    if (newer == null) {
      synchronized (cell) {
        newer = underWay; // Of a container that was found since.
      }
    }
    if (newer == null) {
      return before.committed();
    }
    try {
      Optional<KeptFiles> kept = Waits.join(newer);
      return kept.isPresent() ? kept : before.committed();
    } catch (HoldfastException e) {
      return before.committed();
    }
  }
}
