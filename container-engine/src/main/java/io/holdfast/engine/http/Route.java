package io.holdfast.engine.http;

import java.net.InetSocketAddress;

/// Where connections lead; those of equal routes may stand in for each other.
sealed interface Route {
  /// A port of a container.
  record ToContainer(InetSocketAddress endpoint) implements Route {}

  /// A host of the world, named as in a URL.
  record ToHost(Scheme scheme, String host, int port) implements Route {}

  enum Scheme {
    HTTP,
    HTTPS
  }

  default String text() {
    return switch (this) {
      case ToContainer(InetSocketAddress endpoint) ->
          "container at %s:%d"
              .formatted(endpoint.getAddress().getHostAddress(), endpoint.getPort());
      case ToHost(Scheme _, String host, int port) -> host + ":" + port;
    };
  }
}
