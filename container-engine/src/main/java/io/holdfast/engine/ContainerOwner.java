package io.holdfast.engine;

import java.util.regex.Pattern;

/// The object a container belongs to, the node it lives on and the epoch of the instance that
/// started it.
///
/// @param app the app's name, 1 to 256 characters; may hold anything
/// @param namespace the object's namespace, likewise
/// @param objectId 64 hex digits
/// @param node the node's id, 1 to 256 characters
/// @param epoch grows with every new instance of the object
public record ContainerOwner(
    String app, String namespace, String objectId, String node, long epoch) {
  private static final Pattern OBJECT_ID = Pattern.compile("[0-9a-f]{64}");

  public ContainerOwner {
    check("app", app);
    check("namespace", namespace);
    check("node", node);
    if (!OBJECT_ID.matcher(objectId).matches()) {
      throw new IllegalArgumentException(
          "expected an object id of 64 hex digits, found '%s'".formatted(objectId));
    }
    if (epoch < 0) {
      throw new IllegalArgumentException("expected an epoch of 0 or more, found " + epoch);
    }
  }

  private static void check(String what, String value) {
    if (value.isEmpty() || value.length() > 256) {
      throw new IllegalArgumentException(
          "expected a name of 1 to 256 characters for the %s, found '%s'".formatted(what, value));
    }
  }

  /// The object, whichever instance and node.
  public Key key() {
    return new Key(app, namespace, objectId);
  }

  /// One object. There is at most one container per key in a deployment on one engine.
  public record Key(String app, String namespace, String objectId) {
    @Override
    public String toString() {
      return app + "/" + namespace + "/" + objectId.substring(0, Math.min(12, objectId.length()));
    }
  }

  @Override
  public String toString() {
    return key() + " epoch " + epoch;
  }
}
