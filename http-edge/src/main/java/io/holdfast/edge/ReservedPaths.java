package io.holdfast.edge;

/// The paths that Holdfast answers itself, on every host; they win over the routes of apps.
final class ReservedPaths {
  static final String LIST = "/v1, /v1/…, /admin/v1, /admin/v1/…, /healthz, /readyz and /metrics";

  static boolean contains(String path) {
    return isServiceApi(path) || isAdmin(path) || isOperator(path);
  }

  static boolean isServiceApi(String path) {
    return path.startsWith("/v1") && (path.length() == 3 || path.charAt(3) == '/');
  }

  static boolean isAdmin(String path) {
    return path.equals("/admin/v1") || path.startsWith("/admin/v1/");
  }

  static boolean isOperator(String path) {
    return switch (path) {
      case "/healthz", "/readyz", "/metrics" -> true;
      default -> false;
    };
  }

  private ReservedPaths() {}
}
