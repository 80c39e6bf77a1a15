package io.holdfast.sdk;

/// When a container counts as ready.
public sealed interface Readiness {
  /// Its process runs.
  record Running() implements Readiness {}

  /// The port accepts connections.
  record Tcp(int port) implements Readiness {}

  /// The path answers with a status below 400.
  record Http(int port, String path) implements Readiness {}

  /// The port answers HTTP at all, with any status.
  record AnyHttp(int port) implements Readiness {}
}
