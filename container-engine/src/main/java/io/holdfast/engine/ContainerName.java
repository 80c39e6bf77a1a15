package io.holdfast.engine;

import java.util.Locale;

/// The name of an object's container: always the same, so that a second one cannot come to be.
///
/// `holdfast-<app>-<namespace>-<32 hex digits>`. The readable parts are cut to 20 letters, digits
/// and dashes; the digest alone makes the name unique, so hostile names of apps and namespaces can
/// neither break the form nor collide.
public final class ContainerName {
  private static final int READABLE_MAX = 20;

  private ContainerName() {}

  public static String of(String prefix, Deployment deployment, ContainerOwner.Key key) {
    String digest =
        Digest.hex(32, "container", deployment.id(), key.app(), key.namespace(), key.objectId());
    return "%s-%s-%s-%s".formatted(prefix, readable(key.app()), readable(key.namespace()), digest);
  }

  private static String readable(String name) {
    String cut = name.length() <= READABLE_MAX ? name : name.substring(0, READABLE_MAX);
    return cut.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "-");
  }
}
