package io.holdfast.node.tls;

import io.holdfast.certificates.PemFiles;
import io.holdfast.node.pace.Pace;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Both sides show a certificate of an authority in `ca.crt`; who connects also wants the other's to name the host that it
 * connects to, so a node cannot take the place of another. The files are looked at again now and then: connections made later
 * use what is there then. Three files are not replaced in one step, so what does not fit together is not taken.
 */
/// Who this node is to the others, and whom it takes for one of them: `ca.crt`, `node.crt` and
/// `node.key` of one directory. Thread-safe; reads the disk at most once a second.
public final class NodeTls {
  private static final Logger log = LoggerFactory.getLogger(NodeTls.class);
  private static final String[] PROTOCOLS = {"TLSv1.3"};
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final int HANDSHAKE_MAX_MILLIS = 5_000;
  private static final int SUBJECT_DNS = 2;
  private static final int SUBJECT_ADDRESS = 7;
  private static final char[] NO_PASSWORD = {};

  private final Path directory;
  private final String host;
  private final InstantSource clock;
  private final Pace pace;
  private volatile Loaded loaded;
  private volatile List<FileTime> refused = List.of();

  private record Loaded(SSLContext context, List<FileTime> times) {}

  /// @param host what other nodes know this one by
  /// @throws HoldfastException `config_invalid` that tells what is wrong with the files
  public NodeTls(Path directory, String host, InstantSource clock) {
    this(directory, host, clock, System::nanoTime);
  }

  NodeTls(Path directory, String host, InstantSource clock, LongSupplier nanoTime) {
    this.directory = directory;
    this.host = host;
    this.clock = clock;
    this.pace = Pace.afterNow(LOOK_EVERY, nanoTime);
    try {
      this.loaded = load();
    } catch (IOException | GeneralSecurityException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID, "holdfast.cluster.tls-directory: " + e.getMessage(), e);
    }
  }

  // ---- the files
  // --------------------------------------------------------------------------------------------------

  private SSLContext context() {
    if (pace.isTime()) {
      reload();
    }
    return loaded.context;
  }

  private void reload() {
    List<FileTime> times = List.of();
    try {
      times = times();
      if (!times.equals(loaded.times) && !times.equals(refused)) {
        loaded = load();
        log.info("new certificates of {} are in use", directory);
      }
    } catch (IOException | GeneralSecurityException e) {
      refused = times;
      log.warn("the certificates of {} stay those of before: {}", directory, e.getMessage());
    }
  }

  private List<FileTime> times() throws IOException {
    List<FileTime> times = new ArrayList<>();
    for (String name : List.of("ca.crt", "node.crt", "node.key")) {
      try {
        times.add(Files.getLastModifiedTime(directory.resolve(name)));
      } catch (NoSuchFileException e) {
        throw new IOException("expected " + directory.resolve(name) + ", found nothing", e);
      }
    }
    return times;
  }

  private Loaded load() throws IOException, GeneralSecurityException {
    List<FileTime> times = times();
    List<X509Certificate> authorities = PemFiles.certificates(directory.resolve("ca.crt"));
    List<X509Certificate> chain = PemFiles.certificates(directory.resolve("node.crt"));
    PrivateKey key = PemFiles.key(directory.resolve("node.key"));
    check(chain.getFirst(), key);

    KeyStore trusted = emptyStore();
    for (X509Certificate authority : authorities) {
      trusted.setCertificateEntry("ca-" + trusted.size(), authority);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyStore own = emptyStore();
    own.setKeyEntry("node", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, NO_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return new Loaded(context, times);
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  /** What others would refuse is told here, where it can be mended. */
  private void check(X509Certificate own, PrivateKey key)
      throws IOException, GeneralSecurityException {
    if (!fits(own, key)) {
      throw new IOException(
          "expected node.key to be the key of node.crt in %s, found another".formatted(directory));
    }
    if (own.getNotAfter().before(Date.from(clock.instant()))) {
      throw new IOException(
          "expected a valid %s, found one that ended on %s"
              .formatted(directory.resolve("node.crt"), own.getNotAfter().toInstant()));
    }
    List<String> hosts = hosts(own);
    if (!hosts.contains(host)) {
      throw new IOException(
          "expected %s to name the host %s (holdfast.cluster.host), found %s"
              .formatted(directory.resolve("node.crt"), host, hosts));
    }
  }

  private static boolean fits(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    byte[] text = {1, 2, 3};
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(text);
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(certificate.getPublicKey());
    verifier.update(text);
    return verifier.verify(signer.sign());
  }

  private static List<String> hosts(X509Certificate certificate) throws GeneralSecurityException {
    var names = certificate.getSubjectAlternativeNames();
    return names == null
        ? List.of()
        : names.stream()
            .filter(
                name -> Stream.of(SUBJECT_DNS, SUBJECT_ADDRESS).anyMatch(name.getFirst()::equals))
            .map(name -> String.valueOf(name.get(1)))
            .toList();
  }

  // ---- connections
  // --------------------------------------------------------------------------------------------------

  /// The side of a connection that was accepted.
  SSLEngine accepting() {
    SSLEngine engine = context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setSSLParameters(wanting(engine.getSSLParameters()));
    return engine;
  }

  /// The side that connects.
  SSLEngine connecting(String host, int port) {
    SSLEngine engine = context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    engine.setSSLParameters(naming(engine.getSSLParameters()));
    return engine;
  }

  private static SSLParameters wanting(SSLParameters parameters) {
    parameters.setProtocols(PROTOCOLS);
    parameters.setNeedClientAuth(true);
    return parameters;
  }

  private static SSLParameters naming(SSLParameters parameters) {
    parameters.setProtocols(PROTOCOLS);
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    return parameters;
  }

  /// What an accepted connection carries; returns when the other side has shown who it is.
  ///
  /// @throws IOException when it is none of the cluster, or takes too long; the socket is open
  ///   still
  public Socket accepted(Socket socket) throws IOException {
    SSLSocket secure = (SSLSocket) context().getSocketFactory().createSocket(socket, null, true);
    secure.setUseClientMode(false);
    secure.setSSLParameters(wanting(secure.getSSLParameters()));
    return shaken(secure, socket);
  }

  /// What a connection to a node carries; returns when the node has shown who it is.
  ///
  /// @throws IOException when it is none of the cluster, or not that one
  public Socket connected(Socket socket, String host, int port) throws IOException {
    SSLSocket secure =
        (SSLSocket) context().getSocketFactory().createSocket(socket, host, port, true);
    secure.setSSLParameters(naming(secure.getSSLParameters()));
    return shaken(secure, socket);
  }

  private static Socket shaken(SSLSocket secure, Socket socket) throws IOException {
    socket.setSoTimeout(HANDSHAKE_MAX_MILLIS);
    secure.startHandshake();
    socket.setSoTimeout(0);
    return secure;
  }
}
