package io.holdfast.node.app;

/// Where the value of a secret is to be found when the node starts.
public sealed interface SecretSource {
  /// An environment variable of the node.
  record FromEnv(String variable) implements SecretSource {}

  /// A file; a relative path starts at the app directory.
  record FromFile(String path) implements SecretSource {}
}
