package io.holdfast.engine.egress;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// The node's own certificate authority, which containers can choose to trust, and the certificates
/// it makes for hosts whose TLS ends at the node.
///
/// Its key is made once and lies in the data directory, readable by the node alone; it never leaves
/// the node, and certificates of one node are worth nothing on another. Thread-safe.
public final class EgressAuthority {
  private static final Duration OF_AUTHORITY = Duration.ofDays(3_650);
  private static final Duration OF_HOST = Duration.ofDays(30);
  private static final Duration RENEW_BEFORE = Duration.ofDays(1);
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final int HOSTS_MAX = 1_000;
  private static final char[] NO_PASSWORD = {};
  private static final SecureRandom RANDOM = new SecureRandom();

  private final X509Certificate certificate;
  private final PrivateKey key;
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

  private EgressAuthority(
      X509Certificate certificate, PrivateKey key, Path file, InstantSource clock)
      throws GeneralSecurityException {
    this.certificate = certificate;
    this.key = key;
    this.file = file;
    this.ofHosts = newKeys();
    this.clock = clock;
  }

  /// The authority that lies in a folder; made when there is none, or when it is about to expire.
  ///
  /// @throws HoldfastException `config_invalid` when it cannot be read or written
  public static EgressAuthority in(Path folder, InstantSource clock) {
    Path keyFile = folder.resolve("egress-ca.key");
    Path file = folder.resolve("egress-ca.crt");
    try {
      if (!Files.exists(keyFile) || !Files.exists(file) || expires(read(file), clock)) {
        make(keyFile, file, clock);
      }
      return new EgressAuthority(read(file), readKey(keyFile), file, clock);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
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
    return certificate;
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
    X509Certificate own;
    try {
      own = ofHost(host, now);
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    store.setKeyEntry(
        "host", ofHosts.getPrivate(), NO_PASSWORD, new X509Certificate[] {own, certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, NO_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private X509Certificate ofHost(String host, Instant now)
      throws GeneralSecurityException, CertIOException, OperatorCreationException {
    int kind = HostName.isAddress(host) ? GeneralName.iPAddress : GeneralName.dNSName;
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
                certificate,
                serial(),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(OF_HOST)),
                // Names are in the extension; a common name holds no more than 64 characters.
                new X500Name("O=Holdfast"),
                ofHosts.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .addExtension(
                Extension.subjectAlternativeName,
                true,
                new GeneralNames(new GeneralName(kind, host)));
    return signed(builder, key);
  }

  private static void make(Path keyFile, Path file, InstantSource clock)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    KeyPair keys = newKeys();
    Instant now = clock.instant();
    X500Name name = new X500Name("O=Holdfast,CN=Holdfast containers " + serial().toString(16));
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
                name,
                serial(),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(OF_AUTHORITY)),
                name,
                keys.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
            .addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    write(keyFile, pem("PRIVATE KEY", keys.getPrivate().getEncoded()), "rw-------");
    write(file, pem("CERTIFICATE", signed(builder, keys.getPrivate()).getEncoded()), "rw-r--r--");
  }

  private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey by)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by)));
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
    return generator.generateKeyPair();
  }

  private static BigInteger serial() {
    return new BigInteger(120, RANDOM).setBit(119);
  }

  private static boolean expires(X509Certificate certificate, InstantSource clock) {
    Instant end = certificate.getNotAfter().toInstant();
    return end.isBefore(clock.instant().plus(OF_HOST));
  }

  private static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
  }

  private static PrivateKey readKey(Path file) throws IOException, GeneralSecurityException {
    String text = Files.readString(file).replaceAll("-----[A-Z ]+-----", "");
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(text);
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (IllegalArgumentException e) {
      throw new IOException("not a key in PEM form: " + file, e);
    }
  }

  private static String pem(String kind, byte[] content) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(kind, lines.encodeToString(content), kind);
  }

  private static void write(Path file, String text, String permissions) throws IOException {
    Path fresh =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName().toString(),
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(permissions));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
