package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "cart, '', cart, latest",
    "cart:7, '', cart, 7",
    "shop/cart:7, '', shop/cart, 7",
    "docker.io/library/redis, docker.io, docker.io/library/redis, latest",
    "r.example.com/shop/cart:7, r.example.com, r.example.com/shop/cart, 7",
    "127.0.0.1:5000/cart, 127.0.0.1:5000, 127.0.0.1:5000/cart, latest",
    "localhost/cart:7, localhost, localhost/cart, 7",
    "r.example.com/cart@sha256:ab, r.example.com, r.example.com/cart, sha256:ab",
    "r.example.com:5000/cart:7@sha256:ab, r.example.com:5000, r.example.com:5000/cart, sha256:ab",
    "sha256:06962b4c, '', sha256, 06962b4c",
    "@, '', @, latest",
    "'', '', '', latest"
  })
  void takesReferencesApartAsDockerDoes(
      String reference, String registry, String repository, String version) {
    ImageReference parts = ImageReference.of(reference);
    assertThat(parts.registry().orElse("")).isEqualTo(registry);
    assertThat(parts.repository()).isEqualTo(repository);
    assertThat(parts.version()).isEqualTo(version);
  }
}
