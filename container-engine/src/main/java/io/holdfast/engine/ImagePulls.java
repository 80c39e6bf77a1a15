package io.holdfast.engine;

import java.util.List;
import java.util.Optional;

/// What an engine pulls and has pulled since it was opened.
///
/// @param bytes fetched by pulls that have ended
public record ImagePulls(List<ImagePull> underWay, long succeeded, long failed, long bytes) {
  public static final ImagePulls NONE = new ImagePulls(List.of(), 0, 0, 0);

  public ImagePulls {
    underWay = List.copyOf(underWay);
  }

  /// The pull of that image, if it is under way.
  public Optional<ImagePull> of(String image) {
    return underWay.stream().filter(pull -> pull.image().equals(image)).findFirst();
  }
}
