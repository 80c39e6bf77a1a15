package io.holdfast.certificates;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
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

/// A certificate authority with an EC key of its own, which issues certificates for hosts.
///
/// Certificates begin an hour early, for clocks that differ. Thread-safe.
public final class CertificateAuthority {
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Names of hosts are in the extension; a common name holds no more than 64 characters. */
  private static final X500Name OF_HOSTS = new X500Name("O=Holdfast");

  private final X509Certificate certificate;
  private final PrivateKey key;

  private CertificateAuthority(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  /// Makes one.
  ///
  /// @param name what it is for, of letters, digits and spaces
  public static CertificateAuthority make(String name, Instant now, Duration validity)
      throws GeneralSecurityException {
    KeyPair keys = newKeys();
    X500Name subject = new X500Name("O=Holdfast,CN=%s %s".formatted(name, serial().toString(16)));
    try {
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
                  subject,
                  serial(),
                  Date.from(now.minus(CLOCK_SKEW)),
                  Date.from(now.plus(validity)),
                  subject,
                  keys.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new CertificateAuthority(signed(builder, keys.getPrivate()), keys.getPrivate());
    } catch (CertIOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /// Reads the one of [#write].
  ///
  /// @throws IOException when a file cannot be read or has something else
  public static CertificateAuthority read(Path certificateFile, Path keyFile) throws IOException {
    return new CertificateAuthority(
        PemFiles.certificates(certificateFile).getFirst(), PemFiles.key(keyFile));
  }

  /// Writes its certificate, which anyone may read, and its key, which this user alone may.
  public void write(Path certificateFile, Path keyFile) throws IOException {
    PemFiles.write(keyFile, key);
    PemFiles.write(certificateFile, certificate);
  }

  public X509Certificate certificate() {
    return certificate;
  }

  /// A certificate for who has that key, on all of these hosts.
  ///
  /// @param hosts names or addresses, at least one
  public X509Certificate issue(PublicKey owner, List<String> hosts, Instant now, Duration validity)
      throws GeneralSecurityException {
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("expected a host, found none");
    }
    GeneralName[] names =
        hosts.stream().map(CertificateAuthority::name).toArray(GeneralName[]::new);
    try {
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
                  certificate,
                  serial(),
                  Date.from(now.minus(CLOCK_SKEW)),
                  Date.from(now.plus(validity)),
                  OF_HOSTS,
                  owner)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      return signed(builder, key);
    } catch (CertIOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static GeneralName name(String host) {
    try {
      return new GeneralName(GeneralName.iPAddress, InetAddress.ofLiteral(host).getHostAddress());
    } catch (IllegalArgumentException _) {
      return new GeneralName(GeneralName.dNSName, host);
    }
  }

  private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey by)
      throws GeneralSecurityException {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by)));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /// Keys for who wants a certificate: P-256.
  public static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
    return generator.generateKeyPair();
  }

  private static BigInteger serial() {
    return new BigInteger(120, RANDOM).setBit(119);
  }
}
