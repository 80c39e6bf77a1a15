package io.holdfast.node.app;

import io.holdfast.engine.InstanceType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The container that each object of a namespace may run.
///
/// @param image a reference as the engine knows it, such as `counter:1` or `host:5000/a@sha256:…`
/// @param images further references by the names that starts may use, up to 100
/// @param maxInstances how many may run at once in the namespace, 1 to 100,000
/// @param persistentPaths what of its file system outlives a container that ends in order: up to 16
///   absolute paths, none inside another
/// @param readOnlyRoot whether its program can change nothing but the persistent paths, and `/tmp`
///   and `/run` in memory
/// @param runtime the OCI runtime, one that the engine's settings permit; empty = the engine's
public record ContainerConfig(
    String image,
    Map<String, String> images,
    InstanceType instanceType,
    int maxInstances,
    List<String> persistentPaths,
    boolean readOnlyRoot,
    Optional<String> runtime) {
  public static final int PERSISTENT_PATHS_MAX = 16;
  public static final int MAX_INSTANCES_DEFAULT = 20;
  public static final int MAX_INSTANCES_MAX = 100_000;
  public static final int IMAGES_MAX = 100;

  public ContainerConfig {
    images = Map.copyOf(images);
    persistentPaths = List.copyOf(persistentPaths);
  }

  /// One whose files all end with it.
  public ContainerConfig(
      String image, Map<String, String> images, InstanceType instanceType, int maxInstances) {
    this(image, images, instanceType, maxInstances, List.of(), false, Optional.empty());
  }

  /// With one image.
  public ContainerConfig(String image, InstanceType instanceType, int maxInstances) {
    this(image, Map.of(), instanceType, maxInstances);
  }

  /// The reference that a start asks for: of the image with that name, else the text itself.
  public String reference(String nameOrReference) {
    return images.getOrDefault(nameOrReference, nameOrReference);
  }
}
