package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.certificates.PemFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes that talk TLS, their certificates replaced while they run, and one that has none of
/// theirs.
class TlsMultiJvmTest {
  private static final String HOST = "127.0.0.1";
  private static final Duration DAY = Duration.ofDays(1);
  private static final List<String> NAMES =
      IntStream.range(0, 10).mapToObj(number -> "t" + number).toList();

  @TempDir Path directory;
  private Path certificates;

  private static void issue(Path to, CertificateAuthority trusted, CertificateAuthority by) {
    try {
      KeyPair keys = CertificateAuthority.newKeys();
      Files.createDirectories(to);
      PemFiles.write(to.resolve("ca.crt"), trusted.certificate());
      PemFiles.write(to.resolve("node.key"), keys.getPrivate());
      PemFiles.write(
          to.resolve("node.crt"), by.issue(keys.getPublic(), List.of(HOST), Instant.now(), DAY));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CertificateAuthority authority() throws GeneralSecurityException {
    return CertificateAuthority.make("test", Instant.now(), DAY);
  }

  private NodeProcess secure(NodeProcess node) {
    return node.with("holdfast.cluster.tls-directory", certificates.toString());
  }

  private static void assertAllAreReached(TestCluster cluster, String token) {
    String body = "x".repeat(200_000);
    for (String name : NAMES) {
      for (int node = 1; node <= cluster.size(); node++) {
        assertThat(cluster.node(node).post("/ledger/" + name + "?token=" + token + node, "").ok())
            .isNotEmpty();
        assertThat(cluster.node(node).post("/relay/" + name, body).body()).isEqualTo(body);
      }
    }
  }

  @Test
  void nodesOfOneAuthorityAreAClusterAndNobodyElseIsLetIn() throws Exception {
    certificates = directory.resolve("tls");
    CertificateAuthority authority = authority();
    issue(certificates, authority, authority);
    try (TestCluster cluster =
        TestCluster.gated(
            directory, 2, this::secure, Apps.ledger(directory), Apps.relay(directory))) {
      assertAllAreReached(cluster, "a");

      issue(certificates, authority, authority);
      cluster.node(2).kill();
      Duration started = cluster.node(2).start();
      assertThat(cluster.node(1).isAlive()).isTrue();
      assertAllAreReached(cluster, "b");

      cluster.node(2).kill();
      certificates = directory.resolve("strange");
      issue(certificates, authority, authority());
      NodeProcess stranger = secure(cluster.node(2));
      stranger.spawn();
      NodeProcess.pause(started.multipliedBy(2));
      assertThat(stranger.isAlive() && !stranger.isReady()).as("it waits to be let in").isTrue();
      stranger.kill();
    }
  }
}
