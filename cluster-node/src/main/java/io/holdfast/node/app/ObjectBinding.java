package io.holdfast.node.app;

import io.holdfast.protocol.NamespaceId;
import java.util.Optional;

/// One entry of `objects`: a name under which the app's code finds a namespace.
public sealed interface ObjectBinding {
  /// What [io.holdfast.sdk.Env#objects] takes.
  String name();

  /// A namespace of the app itself.
  ///
  /// @param name also the name of the namespace
  /// @param className the class of its objects
  /// @param container what each of its objects may run
  record Own(String name, String className, Optional<ContainerConfig> container)
      implements ObjectBinding {}

  /// A namespace of another app.
  record OfOtherApp(String name, NamespaceId namespace) implements ObjectBinding {}
}
