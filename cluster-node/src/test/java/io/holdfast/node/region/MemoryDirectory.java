package io.holdfast.node.region;

import io.holdfast.cassandra.Placement;
import io.holdfast.cassandra.PlacementDirectory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// Homes in memory; answers at once, or when it is told to. What a region knows can be older than
/// what is true.
public final class MemoryDirectory implements PlacementDirectory {
  private final Map<String, Placement> rows = new HashMap<>();
  private final Map<String, Placement> known = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final Queue<Runnable> held = new ArrayDeque<>();
  private final Queue<Runnable> late = new ArrayDeque<>();
  private boolean holds;
  private boolean isAway;
  private boolean losesChange;

  /// The row as it is.
  public synchronized Optional<Placement> row(String objectKey) {
    return Optional.ofNullable(rows.get(objectKey));
  }

  /// Another region has changed a row, and this one does not know it yet.
  public synchronized void changedElsewhere(String objectKey, Placement placement) {
    rows.put(objectKey, placement);
  }

  /// What was asked, as `verb key`.
  public synchronized List<String> asked() {
    return List.copyOf(asked);
  }

  /// Answers wait for [#release].
  public synchronized void hold() {
    holds = true;
  }

  public synchronized void release() {
    holds = false;
    for (Runnable answer = held.poll(); answer != null; answer = held.poll()) {
      answer.run();
    }
  }

  public synchronized void isAway(boolean away) {
    isAway = away;
  }

  /// The next change fails, and comes true with [#lateChangesArrive].
  public synchronized void losesChange() {
    losesChange = true;
  }

  public synchronized void lateChangesArrive() {
    for (Runnable change = late.poll(); change != null; change = late.poll()) {
      change.run();
    }
  }

  private synchronized <T> CompletableFuture<T> answer(
      String question, String objectKey, Supplier<T> work) {
    asked.add(question + " " + objectKey);
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (isAway) {
      answer.completeExceptionally(new HoldfastException(ErrorCode.STORAGE_FAILED, "away"));
    } else if (holds) {
      held.add(() -> answer.complete(work.get()));
    } else {
      answer.complete(work.get());
    }
    return answer;
  }

  @Override
  public CompletableFuture<Optional<Placement>> known(String objectKey) {
    return answer("known", objectKey, () -> Optional.ofNullable(known.get(objectKey)));
  }

  @Override
  public CompletableFuture<Optional<Placement>> current(String objectKey) {
    return answer("current", objectKey, () -> row(objectKey));
  }

  @Override
  public CompletableFuture<Placement> claim(String objectKey, Placement first) {
    return answer(
        "claim",
        objectKey,
        () -> {
          Placement there = rows.computeIfAbsent(objectKey, _ -> first);
          known.put(objectKey, there);
          return there;
        });
  }

  @Override
  public synchronized CompletableFuture<Boolean> replace(
      String objectKey, Placement expected, Placement next) {
    Supplier<Boolean> change =
        () -> {
          boolean there = expected.equals(rows.get(objectKey));
          if (there) {
            rows.put(objectKey, next);
            known.put(objectKey, next);
          }
          return there;
        };
    if (losesChange) {
      losesChange = false;
      late.add(change::get);
      return CompletableFuture.failedFuture(
          new HoldfastException(ErrorCode.STORAGE_FAILED, "no answer in time"));
    }
    return answer("replace", objectKey, change);
  }
}
