package io.holdfast.node.files;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.persistence.archive.ArchiveProgress;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.archive.Placement;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files between containers and archives; a few transfers run at one time, the others wait in
/// order. Thread-safe; every method blocks.
final class FileTransfer {
  private static final Logger log = LoggerFactory.getLogger(FileTransfer.class);

  private final ContainerEngine engine;
  private final FileMetrics metrics;
  private final Semaphore atOnce;

  FileTransfer(ContainerEngine engine, FileMetrics metrics, int atOnceMax) {
    this.engine = engine;
    this.metrics = metrics;
    this.atOnce = new Semaphore(atOnceMax, true);
  }

  // ---- out of a container
  // -------------------------------------------------------------------------------------

  /// What is to be archived of a path; a path that is not there is left out.
  ///
  /// @param wanted which paths in it, without leading slash
  Archives.Source source(ContainerId container, String path, Predicate<String> wanted) {
    return new Archives.Source(
        path,
        wanted,
        () -> {
          try {
            return Optional.of(engine.copyOut(container, path, Long.MAX_VALUE));
          } catch (HoldfastException e) {
            if (e.code() == ErrorCode.INVALID_ARGUMENT) {
              return Optional.empty(); // There is no such path.
            }
            throw e;
          }
        });
  }

  /// Makes an archive, to be called [#inTurn], and tells of it.
  Archives.Kept archive(ObjectAddress object, Supplier<Archives.Kept> archiving) {
    long begun = System.nanoTime();
    Archives.Kept kept;
    try {
      kept = archiving.get();
    } catch (RuntimeException e) {
      metrics.failed();
      throw e;
    }
    long nanos = System.nanoTime() - begun;
    metrics.kept(nanos, kept.bytes(), kept.storedBytes());
    log.info(
        "{}: kept {} files of {} bytes in {} ms, {} bytes written",
        object,
        kept.files(),
        kept.bytes(),
        nanos / 1_000_000,
        kept.storedBytes());
    if (kept.leftOutCount() > 0) {
      log.warn("{}: {} files cannot be kept: {}", object, kept.leftOutCount(), kept.leftOut());
    }
    return kept;
  }

  // ---- into a container
  // ---------------------------------------------------------------------------------------

  /// Unpacks an archive into a container that has not yet run, in turn.
  ///
  /// @param in where it is kept
  /// @param bytes of its contents
  /// @throws HoldfastException `storage_corrupt` when something of the archive is missing or
  ///   damaged; `archive_failed` when the engine does not take it
  void restore(
      Archives in,
      ObjectAddress object,
      ContainerId container,
      BlobId archive,
      Placement placement,
      long bytes) {
    inTurn(() -> {
      long begun = System.nanoTime();
      unpack(in, container, archive, placement);
      long nanos = System.nanoTime() - begun;
      metrics.restored(nanos, bytes);
      log.info("{}: restored {} bytes of files in {} ms", object, bytes, nanos / 1_000_000);
      return archive;
    });
  }

  private void unpack(Archives in, ContainerId container, BlobId archive, Placement placement) {
    // What goes wrong with the archive reaches the engine as a broken stream, and not us.
    FaultyStream.Fault fault = new FaultyStream.Fault();
    try (InputStream tar =
        new FaultyStream(in.tar(archive, placement, new ArchiveProgress()), fault)) {
      engine.copyIn(container, "/", tar);
    } catch (HoldfastException e) {
      throw fault.orElse(refused(container, e));
    } catch (IOException | RuntimeException e) {
      throw fault.orElse(new HoldfastException(ErrorCode.ARCHIVE_FAILED, "files: " + e, e));
    }
  }

  private static HoldfastException refused(ContainerId container, HoldfastException e) {
    return e.code() == ErrorCode.INVALID_ARGUMENT
        ? new HoldfastException(
            ErrorCode.ARCHIVE_FAILED,
            "the engine could not put the files into container %s: %s"
                .formatted(container, e.getMessage()),
            e)
        : e;
  }

  // ---- in turn
  // ------------------------------------------------------------------------------------------------

  /// Runs a transfer when it is its turn.
  <T> T inTurn(Supplier<T> task) {
    metrics.underWay(1);
    try {
      atOnce.acquire();
    } catch (InterruptedException e) {
      metrics.underWay(-1);
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE, "interrupted while files waited to be copied", e);
    }
    try {
      return task.get();
    } finally {
      atOnce.release();
      metrics.underWay(-1);
    }
  }
}
