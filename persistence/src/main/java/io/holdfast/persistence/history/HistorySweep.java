package io.holdfast.persistence.history;

import io.holdfast.persistence.store.StoredRows;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Goes round all objects, some at each step, and trims the history of those that are idle; objects
/// in use trim theirs with each snapshot.
///
/// One object after the other, on no thread of its own.
public final class HistorySweep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HistorySweep.class);

  private final StoredRows rows;
  private final HistoryTrim trim;
  private final HistoryConfig config;
  private final ScheduledExecutorService timer;
  private final Predicate<String> mine;
  private Optional<String> last = Optional.empty();
  private volatile boolean closed;

  /** Whether this step has failed for an object: a store that is away fails for all. */
  private volatile boolean hasFailed;

  /// @param mine whether an object is to be looked at here, by its persistence id: what its owner
  ///   is reading must not be collected by another node
  public HistorySweep(
      StoredRows rows,
      HistoryTrim trim,
      HistoryConfig config,
      ScheduledExecutorService timer,
      Predicate<String> mine) {
    this.rows = rows;
    this.trim = trim;
    this.config = config;
    this.timer = timer;
    this.mine = mine;
  }

  public void start() {
    if (closed) {
      return;
    }
    try {
      var _ = timer.schedule(this::run, config.sweepInterval().toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      LOG.debug("the timer has ended, and with it the sweep");
    }
  }

  private void run() {
    if (closed) {
      return;
    }
    var _ = step().whenComplete((_, _) -> start());
  }

  /// Looks at the next objects; completes with how many there were. After the last it begins anew.
  /// Only one step at a time.
  CompletableFuture<Integer> step() {
    hasFailed = false;
    return rows.ids(last, config.sweepObjectsMax())
        .thenCompose(this::trimAll)
        .exceptionally(this::failed);
  }

  private CompletableFuture<Integer> trimAll(List<String> ids) {
    last = ids.size() < config.sweepObjectsMax() ? Optional.empty() : Optional.of(ids.getLast());
    CompletableFuture<Integer> all = CompletableFuture.completedFuture(0);
    for (String id : ids) {
      all = all.thenCompose(count -> trimOne(id).thenApply(_ -> count + 1));
    }
    return all;
  }

  private CompletableFuture<Boolean> trimOne(String id) {
    return closed || !mine.test(id)
        ? CompletableFuture.completedFuture(false)
        : trim.old(id)
            .exceptionally(e -> {
              failed(e);
              return false;
            });
  }

  private Integer failed(Throwable e) {
    if (!closed && !hasFailed) {
      hasFailed = true;
      LOG.warn(
          "trimming old history failed, will be tried again: {}", String.valueOf(e.getMessage()));
    }
    return 0;
  }

  @Override
  public void close() {
    closed = true;
  }
}
