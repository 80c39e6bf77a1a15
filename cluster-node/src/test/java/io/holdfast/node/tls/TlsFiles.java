package io.holdfast.node.tls;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.certificates.PemFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The files of a node's TLS, as tests want them.
public final class TlsFiles {
  private static final Duration DAY = Duration.ofDays(1);

  private TlsFiles() {}

  public static CertificateAuthority authority() throws GeneralSecurityException {
    return CertificateAuthority.make("test", Instant.now(), DAY);
  }

  /// Writes them for a node on that host, in place of what is there.
  public static void write(Path directory, CertificateAuthority authority, String host)
      throws IOException, GeneralSecurityException {
    write(directory, authority, host, Instant.now());
  }

  static void write(Path directory, CertificateAuthority authority, String host, Instant from)
      throws IOException, GeneralSecurityException {
    KeyPair keys = CertificateAuthority.newKeys();
    Files.createDirectories(directory);
    PemFiles.write(directory.resolve("ca.crt"), authority.certificate());
    PemFiles.write(directory.resolve("node.key"), keys.getPrivate());
    PemFiles.write(
        directory.resolve("node.crt"), authority.issue(keys.getPublic(), List.of(host), from, DAY));
  }
}
