package io.holdfast.node.container;

import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ContainerConfig;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many containers each namespace has, and may have. Thread-safe.
///
/// An instance is taken right before the engine is asked, so a start that waits or is refused takes
/// none from others.
final class InstanceLimits {
  private final AppCatalog apps;
  private final Map<NamespaceId, AtomicInteger> taken = new ConcurrentHashMap<>();

  InstanceLimits(AppCatalog apps) {
    this.apps = apps;
  }

  /// Takes an instance; to be given back by [#release].
  ///
  /// @throws HoldfastException `container_no_capacity`
  void take(NamespaceId namespace) {
    int max = apps.objectClass(namespace).container().map(ContainerConfig::maxInstances).orElse(0);
    int before = count(namespace).getAndUpdate(now -> now < max ? now + 1 : now);
    if (before >= max) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_NO_CAPACITY,
          "Maximum number of running container instances exceeded: namespace "
              + namespace
              + " has maxInstances "
              + max);
    }
  }

  /// Counts one that runs already, above the limit too.
  void found(NamespaceId namespace) {
    count(namespace).incrementAndGet();
  }

  void release(NamespaceId namespace) {
    count(namespace).decrementAndGet();
  }

  private AtomicInteger count(NamespaceId namespace) {
    return taken.computeIfAbsent(namespace, any -> new AtomicInteger());
  }
}
