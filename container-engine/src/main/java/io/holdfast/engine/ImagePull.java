package io.holdfast.engine;

import java.time.Duration;
import java.time.Instant;

/// A pull of an image that is under way, as far as the registry has told.
///
/// @param layers how many are known so far
/// @param bytesDone of the layers that are being fetched or were fetched
/// @param bytes their size as far as it is known
public record ImagePull(
    String image, Instant since, int layersDone, int layers, long bytesDone, long bytes) {
  private static final long MIB = 1L << 20;

  /// Such as `pulling image r.example.com/a:1 for 12 s: 3 of 5 layers, 40 of 61 MiB`.
  public String text(Instant now) {
    return "pulling image %s for %d s: %d of %d layers, %d of %d MiB"
        .formatted(
            image,
            Math.max(0, Duration.between(since, now).toSeconds()),
            layersDone,
            layers,
            bytesDone / MIB,
            bytes / MIB);
  }
}
