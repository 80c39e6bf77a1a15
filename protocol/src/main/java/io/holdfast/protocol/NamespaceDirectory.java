package io.holdfast.protocol;

/// The namespaces that the loaded apps declare.
///
/// Thread-safe; never blocks.
public interface NamespaceDirectory {
  /// The namespace of that name: `app.name`, or only `name` when a single app declares it.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `namespace_not_found` when there is none, or more
  ///   than one; the message lists what exists
  NamespaceId resolve(String name);

  /// Makes and reads the ids of a namespace that [#resolve(String)] returned.
  ObjectIds ids(NamespaceId namespace);
}
