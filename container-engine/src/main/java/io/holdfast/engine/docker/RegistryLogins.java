package io.holdfast.engine.docker;

import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.core.DockerConfigFile;
import io.holdfast.engine.ImageConfig;
import io.holdfast.engine.ImageReference;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who we are at a registry: as `holdfast.engine.images.registries` says, else as `docker login`
/// has noted in Docker's `config.json`, which is read at each pull. Credential helpers are not run.
final class RegistryLogins {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryLogins.class);

  private final ImageConfig config;

  RegistryLogins(ImageConfig config) {
    this.config = config;
  }

  /// Empty where we are nobody in particular.
  Optional<AuthConfig> login(ImageReference image) {
    return image.registry().flatMap(host -> configured(host).or(() -> noted(host)));
  }

  private Optional<AuthConfig> configured(String host) {
    return config.registries().stream()
        .filter(registry -> registry.host().equals(host))
        .findFirst()
        .map(registry ->
            new AuthConfig()
                .withRegistryAddress(host)
                .withUsername(registry.username())
                .withPassword(registry.password()));
  }

  private Optional<AuthConfig> noted(String host) {
    String name = host.equals("docker.io") ? AuthConfig.DEFAULT_SERVER_ADDRESS : host;
    try {
      DockerConfigFile file = DockerConfigFile.loadConfig(config.dockerConfig().toString());
      return Optional.ofNullable(file.resolveAuthConfig(name));
    } catch (IOException e) {
      LOG.warn("cannot read logins to registries in {}: {}", config.dockerConfig(), e.getMessage());
      return Optional.empty();
    }
  }
}
