package io.holdfast.protocol.admin;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/// A container that starts, runs or stops.
///
/// @param objectName where it is known
/// @param status such as `running`
/// @param since when it came into that status
/// @param image the reference it was started from; this and what follows is empty while it starts
/// @param instanceType such as `lite`
/// @param containerId as the engine knows it
/// @param node where it runs
public record ContainerEntry(
    String app,
    String namespace,
    String objectId,
    Optional<String> objectName,
    String status,
    Instant since,
    Optional<String> image,
    Optional<String> instanceType,
    Optional<String> containerId,
    String node) {
  /// By app, namespace and object.
  public static final Comparator<ContainerEntry> ORDER =
      Comparator.comparing(ContainerEntry::app)
          .thenComparing(ContainerEntry::namespace)
          .thenComparing(ContainerEntry::objectId);
}
