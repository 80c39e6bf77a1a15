package io.holdfast.node.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.certificates.PemFiles;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTlsTest {
  private static final String HOST = "127.0.0.1";

  @TempDir Path directory;
  private final AtomicLong nanos = new AtomicLong();
  private CertificateAuthority authority;

  @BeforeEach
  void write() throws Exception {
    authority = TlsFiles.authority();
    TlsFiles.write(directory, authority, HOST);
  }

  private NodeTls tls() {
    return new NodeTls(directory, HOST, InstantSource.system(), nanos::get);
  }

  private void assertRefused(String why) {
    assertThatThrownBy(this::tls)
        .isInstanceOf(HoldfastException.class)
        .hasMessageStartingWith("holdfast.cluster.tls-directory: ")
        .hasMessageContaining(why);
  }

  /** As long as the clock of the files shows the difference. */
  private void age(Duration age) throws IOException {
    for (String name : new String[] {"ca.crt", "node.crt", "node.key"}) {
      Files.setLastModifiedTime(directory.resolve(name), FileTime.from(Instant.now().minus(age)));
    }
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
  }

  /** One byte from who connects to who accepts; what either of them throws. */
  private static byte talk(NodeTls accepting, NodeTls connecting) throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName(HOST));
        Socket client = new Socket(HOST, listener.getLocalPort());
        Socket server = listener.accept()) {
      CompletableFuture<Byte> got =
          CompletableFuture.supplyAsync(() -> {
            try {
              return (byte) accepting.accepted(server).getInputStream().read();
            } catch (IOException e) {
              throw new CompletionException(e);
            }
          });
      Socket secure = connecting.connected(client, HOST, listener.getLocalPort());
      secure.getOutputStream().write(7);
      return got.join();
    }
  }

  @Test
  void nodesOfOneAuthorityTalk() throws Exception {
    assertThat(talk(tls(), tls())).isEqualTo((byte) 7);
  }

  @Test
  void aNodeOfAnotherAuthorityIsNeitherLetInNorTalkedTo() throws Exception {
    NodeTls own = tls();
    TlsFiles.write(directory, TlsFiles.authority(), HOST);
    NodeTls stranger = tls();
    assertThatThrownBy(() -> talk(own, stranger)).isInstanceOf(Exception.class);
    assertThatThrownBy(() -> talk(stranger, own)).isInstanceOf(Exception.class);
  }

  @Test
  void replacedFilesAreInUseForTheNextConnection() throws Exception {
    age(Duration.ofMinutes(2));
    NodeTls tls = tls();
    TlsFiles.write(directory, TlsFiles.authority(), HOST);
    NodeTls fresh = tls();
    assertThatThrownBy(() -> talk(tls, fresh)).as("not looked yet").isInstanceOf(Exception.class);
    age(Duration.ofMinutes(1));
    assertThat(talk(tls, fresh)).isEqualTo((byte) 7);
  }

  @Test
  void halfReplacedFilesChangeNothing() throws Exception {
    age(Duration.ofMinutes(2));
    NodeTls tls = tls();
    NodeTls other = tls();
    PemFiles.write(directory.resolve("node.key"), CertificateAuthority.newKeys().getPrivate());
    age(Duration.ofMinutes(1));
    assertThat(talk(tls, other)).isEqualTo((byte) 7);
    Files.delete(directory.resolve("node.crt"));
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(talk(tls, other)).isEqualTo((byte) 7);
  }

  @Test
  void tellsWhatIsWrongWithTheFiles() throws Exception {
    TlsFiles.write(directory, authority, "10.0.0.1");
    assertRefused("to name the host 127.0.0.1 (holdfast.cluster.host), found [10.0.0.1]");
    TlsFiles.write(directory, authority, HOST, Instant.now().minus(Duration.ofDays(2)));
    assertRefused("found one that ended on ");
    PemFiles.write(directory.resolve("node.key"), CertificateAuthority.newKeys().getPrivate());
    TlsFiles.write(directory, authority, HOST);
    PemFiles.write(directory.resolve("node.key"), CertificateAuthority.newKeys().getPrivate());
    assertRefused("expected node.key to be the key of node.crt");
    Files.writeString(directory.resolve("node.key"), "-----BEGIN RSA PRIVATE KEY-----");
    assertRefused("BEGIN PRIVATE KEY");
    Files.writeString(directory.resolve("ca.crt"), "");
    assertRefused("ca.crt");
    Files.delete(directory.resolve("ca.crt"));
    assertRefused("expected " + directory.resolve("ca.crt") + ", found nothing");
  }
}
