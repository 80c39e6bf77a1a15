package io.holdfast.sdk;

/// The bindings of an app: the only way from its code to the world, named in its descriptor.
///
/// Thread-safe.
public interface Env {
  /// The namespace of the objects that the descriptor names so.
  ///
  /// @throws HoldfastException `namespace_not_found` when the app has no such binding
  ObjectNamespace objects(String name);

  /// A variable of the descriptor.
  ///
  /// @throws HoldfastException `invalid_argument` when the descriptor has no such variable
  String var(String name);

  /// A secret of the descriptor, read from its file or environment variable at start.
  ///
  /// @throws HoldfastException `invalid_argument` when the descriptor has no such secret
  String secret(String name);

  /// Sends a request to an `http` or `https` URL and returns once the headers of the response are
  /// here. Redirects are not followed.
  ///
  /// From inside an object it leaves only after the object's earlier writes are durable, and other
  /// events may enter while it waits.
  Response fetch(Request request);
}
