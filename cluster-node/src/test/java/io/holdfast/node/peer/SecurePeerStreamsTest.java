package io.holdfast.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.node.tls.NodeTls;
import io.holdfast.node.tls.TlsFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same over TLS, and who is not let in.
class SecurePeerStreamsTest extends PeerStreamsTest {
  @TempDir static Path directory;
  private static CertificateAuthority authority;

  @BeforeAll
  static void make() throws GeneralSecurityException {
    authority = TlsFiles.authority();
  }

  @Override
  Optional<NodeTls> tls() {
    return Optional.of(tls("node", authority));
  }

  private static NodeTls tls(String name, CertificateAuthority by) {
    try {
      TlsFiles.write(directory.resolve(name), by, "127.0.0.1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    return new NodeTls(directory.resolve(name), "127.0.0.1", InstantSource.system());
  }

  private static void assertRefused(PeerServer server, Optional<NodeTls> by) throws IOException {
    try (PeerServer _ = server;
        PeerClient stranger = new PeerClient(by);
        InputStream in = stranger.stream(server.offer(new ByteArrayInputStream(new byte[9])))) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whoHasACertificateOfAnotherAuthorityGetsNothing() throws Exception {
    NodeTls strangers = tls("stranger", TlsFiles.authority());
    assertRefused(new PeerServer("127.0.0.1", 0, tls()), Optional.of(strangers));
  }

  @Test
  void whoHasNoneGetsNothing() throws IOException {
    assertRefused(new PeerServer("127.0.0.1", 0, tls()), Optional.empty());
  }

  @Test
  void aNodeThatIsNotTheOneItIsTakenForIsNotAsked() throws IOException {
    PeerServer elsewhere = new PeerServer("127.0.0.2", 0, tls());
    assertThat(elsewhere.address().host()).isEqualTo("127.0.0.2");
    assertRefused(elsewhere, tls());
  }
}
