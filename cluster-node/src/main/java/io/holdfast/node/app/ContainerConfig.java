package io.holdfast.node.app;

import io.holdfast.engine.InstanceType;

/// The container that each object of a namespace may run.
///
/// @param image a reference as the engine knows it, such as `counter:1` or `host:5000/a@sha256:…`
/// @param maxInstances how many may run at once in the namespace, 1 to 100,000
public record ContainerConfig(String image, InstanceType instanceType, int maxInstances) {
  public static final int MAX_INSTANCES_DEFAULT = 20;
  public static final int MAX_INSTANCES_MAX = 100_000;
}
