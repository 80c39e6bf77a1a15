package io.holdfast.sdk;

/// One port of a running container.
public interface ContainerPort {
  /// Sends a request and returns once the headers of the response are here. The host in the URL is
  /// only the Host header.
  ///
  /// @throws HoldfastException `container_not_listening`, `container_not_running`,
  ///   `container_disconnected`
  Response fetch(Request request);

  /// Opens a TCP connection.
  ///
  /// @throws HoldfastException `container_not_listening`, `container_not_running`
  ContainerSocket connect();
}
