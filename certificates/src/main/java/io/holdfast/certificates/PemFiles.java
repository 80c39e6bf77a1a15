package io.holdfast.certificates;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Certificates and private keys in PEM files, as every other tool reads and writes them.
public final class PemFiles {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");

  private PemFiles() {}

  /// All certificates of a file, in its order; at least one.
  ///
  /// @throws IOException when it cannot be read or has none
  public static List<X509Certificate> certificates(Path file) throws IOException {
    try {
      List<X509Certificate> all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (all.isEmpty()) {
        throw new IOException("expected a certificate in PEM form in " + file + ", found none");
      }
      return all;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "expected certificates in PEM form in " + file + ": " + e.getMessage(), e);
    }
  }

  /// The private key of a file, in PKCS #8 form without a password.
  ///
  /// @throws IOException when it cannot be read or has none; the message has nothing of the key
  public static PrivateKey key(Path file) throws IOException {
    Matcher found = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!found.find()) {
      throw new IOException(
          "expected '-----BEGIN PRIVATE KEY-----' (PKCS #8, no password) in %s, found none"
              .formatted(file));
    }
    try {
      PKCS8EncodedKeySpec encoded =
          new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1)));
      for (String algorithm : ALGORITHMS) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
        } catch (InvalidKeySpecException _) {
          // Another algorithm's.
        }
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("expected a private key in " + file + ": " + e.getMessage(), e);
    }
    throw new IOException(
        "expected a private key of %s in %s, found another".formatted(ALGORITHMS, file));
  }

  /// Writes a certificate in the place of what is there, at once.
  public static void write(Path file, X509Certificate certificate) throws IOException {
    try {
      write(file, "CERTIFICATE", certificate.getEncoded(), "rw-r--r--");
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /// Writes a key in the place of what is there, at once, readable by this user alone.
  public static void write(Path file, PrivateKey key) throws IOException {
    write(file, "PRIVATE KEY", key.getEncoded(), "rw-------");
  }

  private static void write(Path file, String kind, byte[] content, String permissions)
      throws IOException {
    Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    String text =
        "-----BEGIN %s-----%n%s%n-----END %s-----%n"
            .formatted(kind, lines.encodeToString(content), kind);
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
