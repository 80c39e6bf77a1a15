package io.holdfast.edge;

import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.ObjectGateway;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Optional;

/// What the node hands to the edge.
///
/// @param clients whether clients are served here, or operators only
/// @param apps the loaded apps; may be empty
/// @param gateway the way to objects
/// @param namespaces which namespaces exist
/// @param token what callers of the service API must know; without one it refuses everybody
/// @param admin the admin API; without it there is none
/// @param readiness conditions of `GET /readyz`
/// @param registry where the edge registers its metrics, and what `GET /metrics` shows
public record EdgeServices(
    Clients clients,
    List<EdgeApp> apps,
    ObjectGateway gateway,
    NamespaceDirectory namespaces,
    Optional<BearerToken> token,
    Optional<AdminServices> admin,
    List<ReadinessCheck> readiness,
    PrometheusRegistry registry) {
  public EdgeServices {
    apps = List.copyOf(apps);
    readiness = List.copyOf(readiness);
  }

  /// Whether the routes of apps and the service API are served.
  public enum Clients {
    SERVED,
    /// With `not_an_edge`: this node has another role.
    REFUSED
  }

  /// For clients, without an admin API.
  public EdgeServices(
      List<EdgeApp> apps,
      ObjectGateway gateway,
      NamespaceDirectory namespaces,
      Optional<BearerToken> token,
      List<ReadinessCheck> readiness,
      PrometheusRegistry registry) {
    this(Clients.SERVED, apps, gateway, namespaces, token, Optional.empty(), readiness, registry);
  }
}
