package io.holdfast.sdk;

import java.util.Map;

/// What a running container was made of.
///
/// @param labels those of its start, or the last that were set since
/// @param image the reference it was started from; the id of an image after a start from a snapshot
public record ContainerInspection(Map<String, String> labels, String image) {
  public ContainerInspection {
    labels = Map.copyOf(labels);
  }
}
