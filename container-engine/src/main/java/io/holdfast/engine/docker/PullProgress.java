package io.holdfast.engine.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.ResponseItem;
import io.holdfast.engine.ImagePull;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What Docker tells of one pull, line by line. Thread-safe.
final class PullProgress extends ResultCallback.Adapter<PullResponseItem> {
  private final String image;
  private final Instant since = Instant.now();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  // Guarded by this.
  private final Map<String, Layer> layers = new HashMap<>();
  private @Nullable String error;
  private boolean succeeded;

  private record Layer(long done, long size, boolean complete) {}

  PullProgress(String image) {
    this.image = image;
  }

  @Override
  public synchronized void onNext(PullResponseItem item) {
    if (item.getErrorDetail() != null) {
      error = String.valueOf(item.getErrorDetail().getMessage());
    } else if (item.isPullSuccessIndicated()) {
      succeeded = true;
    } else if (item.getId() != null && item.getStatus() != null) {
      layer(item.getId(), item.getStatus(), item.getProgressDetail());
    }
  }

  private void layer(String id, String status, ResponseItem.@Nullable ProgressDetail detail) {
    Layer before = layers.getOrDefault(id, new Layer(0, 0, false));
    switch (status) {
      case "Pulling fs layer", "Waiting" -> layers.put(id, before);
      case "Downloading" -> {
        if (detail != null && detail.getCurrent() != null) {
          long size = detail.getTotal() == null ? before.size : detail.getTotal();
          layers.put(id, new Layer(detail.getCurrent(), size, false));
        }
      }
      case "Download complete", "Pull complete", "Already exists" ->
          layers.put(id, new Layer(before.size, before.size, true));
      default -> {
        // The line about the tag, a check of a digest, the unpacking.
      }
    }
  }

  @Override
  public void onError(Throwable e) {
    ended.completeExceptionally(e);
    super.onError(e);
  }

  @Override
  public void onComplete() {
    super.onComplete();
    ended.complete(null);
  }

  /// Completes when Docker says no more, or with what it said instead.
  CompletableFuture<Void> ended() {
    return ended;
  }

  /// What the registry or Docker complained of, null when nothing.
  synchronized @Nullable String error() {
    return error;
  }

  /// Whether Docker has said that the image is there now.
  synchronized boolean succeeded() {
    return succeeded;
  }

  synchronized ImagePull seen() {
    return new ImagePull(
        image,
        since,
        (int) layers.values().stream().filter(Layer::complete).count(),
        layers.size(),
        layers.values().stream().mapToLong(Layer::done).sum(),
        layers.values().stream().mapToLong(Layer::size).sum());
  }
}
