package io.holdfast.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final Instant NOW = Instant.parse("2026-11-30T08:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path directory;

  @Test
  void issuesForNamesAndAddresses() throws Exception {
    CertificateAuthority authority = CertificateAuthority.make("test", NOW, DAY);
    X509Certificate own =
        authority.issue(
            CertificateAuthority.newKeys().getPublic(),
            List.of("node.example", "10.0.0.1", "::1"),
            NOW,
            DAY);
    own.verify(authority.certificate().getPublicKey());
    assertThat(own.getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(
            List.of(2, "node.example"), List.of(7, "10.0.0.1"), List.of(7, "0:0:0:0:0:0:0:1"));
    assertThat(own.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofHours(1)));
    assertThat(own.getNotAfter().toInstant()).isEqualTo(NOW.plus(DAY));
    assertThat(own.getBasicConstraints()).as("it issues nothing").isEqualTo(-1);
    assertThat(authority.certificate().getBasicConstraints()).isZero();
  }

  @Test
  void isTheSameAfterItWasWrittenAndRead() throws Exception {
    Path certificate = directory.resolve("ca.crt");
    Path key = directory.resolve("ca.key");
    CertificateAuthority.make("test", NOW, DAY).write(certificate, key);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    CertificateAuthority read = CertificateAuthority.read(certificate, key);
    X509Certificate own =
        read.issue(CertificateAuthority.newKeys().getPublic(), List.of("a"), NOW, DAY);
    own.verify(PemFiles.certificates(certificate).getFirst().getPublicKey());
  }

  @Test
  void readsKeysOfOtherTools() throws Exception {
    for (String algorithm : List.of("RSA", "Ed25519")) {
      KeyPair keys = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
      PemFiles.write(directory.resolve("key"), keys.getPrivate());
      assertThat(PemFiles.key(directory.resolve("key"))).isEqualTo(keys.getPrivate());
    }
  }

  @Test
  void tellsWhatAFileHasNot() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "nothing");
    assertThatThrownBy(() -> PemFiles.key(file))
        .hasMessageContaining("'-----BEGIN PRIVATE KEY-----' (PKCS #8, no password)");
    assertThatThrownBy(() -> PemFiles.certificates(file)).hasMessageContaining(file.toString());
    Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assertThatThrownBy(() -> PemFiles.key(file)).hasMessageContaining("EC, RSA, EdDSA");
    Files.writeString(file, "");
    assertThatThrownBy(() -> PemFiles.certificates(file)).hasMessageContaining("found none");
  }
}
