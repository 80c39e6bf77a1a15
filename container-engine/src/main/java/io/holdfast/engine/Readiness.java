package io.holdfast.engine;

/// When a container counts as ready.
public sealed interface Readiness {
  int port();

  /// Something accepts connections on the port.
  record Tcp(int port) implements Readiness {
    public Tcp {
      checkPort(port);
    }

    @Override
    public String toString() {
      return "TCP port " + port;
    }
  }

  /// A `GET` of the path on the port is answered with a status from 200 to 399.
  record Http(int port, String path) implements Readiness {
    public Http {
      checkPort(port);
      boolean printable = path.chars().allMatch(c -> c > 0x20 && c < 0x7f);
      if (!path.startsWith("/") || !printable) {
        throw new IllegalArgumentException(
            "expected a path such as /health, found '%s'".formatted(path));
      }
    }

    @Override
    public String toString() {
      return "HTTP port %d, path %s".formatted(port, path);
    }
  }

  private static void checkPort(int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("expected a port from 1 to 65535, found " + port);
    }
  }
}
