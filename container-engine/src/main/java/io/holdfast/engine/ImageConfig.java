package io.holdfast.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/// The settings under `holdfast.engine.images`; `reference.conf` explains each.
public record ImageConfig(
    PullPolicy pull,
    Duration pullTimeout,
    int pullsMax,
    List<Registry> registries,
    Path dockerConfig) {
  private static final Pattern ANY = Pattern.compile("(?s).*");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+(:\\d{1,5})?");

  /// What to do about an image that the engine has not.
  public enum PullPolicy {
    /// Pull it, if its reference names a registry.
    MISSING,
    NEVER
  }

  /// Who we are at a registry.
  public record Registry(String host, String username, String password) {
    /// Without the password.
    @Override
    public String toString() {
      return "Registry[%s, %s]".formatted(host, username);
    }
  }

  static ImageConfig of(ConfigReader engine) {
    return new ImageConfig(
        engine.choice("images.pull", PullPolicy.class),
        engine.duration("images.pull-timeout", Duration.ofSeconds(1), Duration.ofHours(24)),
        engine.integer("images.pulls-max", 1, 100),
        engine.items("images.registries").stream().map(ImageConfig::registry).toList(),
        Path.of(engine.text("images.docker-config", ANY)));
  }

  private static Registry registry(ConfigReader item) {
    return new Registry(
        item.text("host", HOST), item.text("username", ANY), item.text("password", ANY));
  }
}
