package io.holdfast.sdk;

/// When a container counts as ready.
public sealed interface Readiness {
  /// Its process runs.
  record Running() implements Readiness {}

  /// The port accepts connections.
  record Tcp(int port) implements Readiness {
    public Tcp {
      checkPort(port);
    }
  }

  /// A `GET` of the path on the port is answered with a status from 200 to 399.
  record Http(int port, String path) implements Readiness {
    public Http {
      checkPort(port);
      if (!path.startsWith("/") || path.chars().anyMatch(c -> c <= 0x20 || c >= 0x7f)) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT, "expected a path such as /health, found '" + path + "'");
      }
    }
  }

  /// The port answers HTTP at all, with any status.
  record AnyHttp(int port) implements Readiness {
    public AnyHttp {
      checkPort(port);
    }
  }

  private static void checkPort(int port) {
    if (port < 1 || port > 65_535) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected a port from 1 to 65535, found " + port);
    }
  }
}
