package io.holdfast.engine.egress;

import io.holdfast.certificates.CertificateAuthority;
import io.holdfast.certificates.PemFiles;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// The node's own certificate authority, which containers can choose to trust, and the certificates
/// it makes for hosts whose TLS ends at the node.
///
/// Its key is made once and lies in the data directory, readable by the node alone; it never leaves
/// the node, and certificates of one node are worth nothing on another. Thread-safe.
public final class EgressAuthority {
  private static final Duration OF_AUTHORITY = Duration.ofDays(3_650);
  private static final Duration OF_HOST = Duration.ofDays(30);
  private static final Duration RENEW_BEFORE = Duration.ofDays(1);
  private static final int HOSTS_MAX = 1_000;
  private static final char[] NO_PASSWORD = {};

  private final CertificateAuthority authority;
  private final Path file;
  private final KeyPair ofHosts;
  private final InstantSource clock;
  private final Map<String, Made> made =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Made> eldest) {
          return size() > HOSTS_MAX;
        }
      };

  private record Made(SSLContext context, Instant until) {}

  private EgressAuthority(CertificateAuthority authority, Path file, InstantSource clock)
      throws GeneralSecurityException {
    this.authority = authority;
    this.file = file;
    this.ofHosts = CertificateAuthority.newKeys();
    this.clock = clock;
  }

  /// The authority that lies in a folder; made when there is none, or when it is about to expire.
  ///
  /// @throws HoldfastException `config_invalid` when it cannot be read or written
  public static EgressAuthority in(Path folder, InstantSource clock) {
    Path keyFile = folder.resolve("egress-ca.key");
    Path file = folder.resolve("egress-ca.crt");
    try {
      if (!Files.exists(keyFile) || !Files.exists(file) || expires(file, clock)) {
        CertificateAuthority.make("Holdfast containers", clock.instant(), OF_AUTHORITY)
            .write(file, keyFile);
      }
      return new EgressAuthority(CertificateAuthority.read(file, keyFile), file, clock);
    } catch (IOException | GeneralSecurityException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "expected the certificate authority for outbound HTTPS in %s and %s: %s"
              .formatted(file, keyFile, e.getMessage()),
          e);
    }
  }

  /// The file with its certificate, in PEM form: what containers trust.
  public Path file() {
    return file;
  }

  X509Certificate certificate() {
    return authority.certificate();
  }

  /// TLS as that host, by a certificate of this authority.
  synchronized SSLContext tlsAs(String host) throws GeneralSecurityException, IOException {
    Made known = made.get(host);
    Instant now = clock.instant();
    if (known == null || known.until().isBefore(now.plus(RENEW_BEFORE))) {
      known = new Made(context(host, now), now.plus(OF_HOST));
      made.put(host, known);
    }
    return known.context();
  }

  private SSLContext context(String host, Instant now)
      throws GeneralSecurityException, IOException {
    X509Certificate own = authority.issue(ofHosts.getPublic(), List.of(host), now, OF_HOST);
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    store.setKeyEntry(
        "host", ofHosts.getPrivate(), NO_PASSWORD, new X509Certificate[] {own, certificate()});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, NO_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private static boolean expires(Path file, InstantSource clock) throws IOException {
    Instant end = PemFiles.certificates(file).getFirst().getNotAfter().toInstant();
    return end.isBefore(clock.instant().plus(OF_HOST));
  }
}
