package io.holdfast.node.files;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.persistence.archive.ArchiveProgress;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files of containers, on their way into archives and back. Thread-safe; the methods block, call
/// them on virtual threads. A few run at one time, the others wait in order.
public final class FileKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FileKeeper.class);

  private final Archives archives;
  private final ContainerEngine engine;
  private final FileSettings settings;
  private final FileMetrics metrics;
  private final InstantSource clock;
  private final Semaphore atOnce;
  private volatile boolean closed;

  public FileKeeper(
      Archives archives,
      ContainerEngine engine,
      FileSettings settings,
      FileMetrics metrics,
      InstantSource clock) {
    this.archives = archives;
    this.engine = engine;
    this.settings = settings;
    this.metrics = metrics;
    this.clock = clock;
    this.atOnce = new Semaphore(settings.atOnceMax(), true);
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
    return inTurn(() -> {
      long begun = System.nanoTime();
      Archives.Kept kept = archive(object, container, paths);
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
      return new KeptFiles(kept.id(), kept.pin(), kept.files(), kept.bytes(), clock.instant());
    });
  }

  private Archives.Kept archive(ObjectAddress object, ContainerId container, List<String> paths) {
    try {
      return archives.keep(
          object.key(),
          new Archives.Work(
              paths.stream().map(path -> source(container, path)).toList(),
              paths.stream().map(path -> path.substring(1)).toList(),
              archives.references().newest(object.key()),
              settings.limits(),
              new ArchiveProgress()));
    } catch (RuntimeException e) {
      metrics.failed();
      throw e;
    }
  }

  private Archives.Source source(ContainerId container, String path) {
    return Archives.Source.all(
        path,
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

  /// Puts files into a container that has not yet run.
  ///
  /// @throws HoldfastException `storage_corrupt` when something of the archive is missing or
  ///   damaged; `archive_failed` when the engine does not take it
  public void restore(ObjectAddress object, ContainerId container, KeptFiles files) {
    if (files.files() == 0) {
      return;
    }
    inTurn(() -> {
      long begun = System.nanoTime();
      unpack(container, files);
      long nanos = System.nanoTime() - begun;
      metrics.restored(nanos, files.bytes());
      log.info(
          "{}: restored {} files of {} bytes in {} ms",
          object,
          files.files(),
          files.bytes(),
          nanos / 1_000_000);
      return files;
    });
  }

  private void unpack(ContainerId container, KeptFiles files) {
    // What goes wrong with the archive reaches the engine as a broken stream, and not us.
    FaultyStream.Fault fault = new FaultyStream.Fault();
    try (InputStream tar =
        new FaultyStream(
            archives.tar(files.archive(), UnaryOperator.identity(), new ArchiveProgress()),
            fault)) {
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

  private <T> T inTurn(Supplier<T> task) {
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

  // ---- who has which
  // ------------------------------------------------------------------------------------------

  /// The object has durably committed that these are its files.
  public void committed(ObjectAddress object, KeptFiles files) {
    archives.supersede(object.key(), files.archive(), files.pin());
  }

  /// The object is going to have files again that it had before, or that another one had.
  ///
  /// @return whether they are still there
  public boolean keepAgain(ObjectAddress object, KeptFiles files) {
    return archives.keepAgain(object.key(), files.archive());
  }

  // ---- cleaning
  // -----------------------------------------------------------------------------------------------

  /// Removes from now on, at each interval, what nobody needs any more.
  public void start(ScheduledExecutorService timer) {
    long millis = settings.sweepInterval().toMillis();
    try {
      var _ =
          timer.scheduleWithFixedDelay(
              () -> Thread.ofVirtual().name("file-sweep").start(this::sweep),
              millis,
              millis,
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      log.debug("the timer has ended, and with it the sweep of files");
    }
  }

  private void sweep() {
    if (closed) {
      return;
    }
    try {
      var _ = archives.sweep().runWhenNeeded();
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
