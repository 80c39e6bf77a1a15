package io.holdfast.dockertests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// A registry of images on loopback that speaks the Docker Registry HTTP API V2, as far as pulling
/// goes, with knobs for what can go wrong. Docker takes registries on 127.0.0.0/8 without TLS.
final class TestRegistry implements AutoCloseable {
  private static final String MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  private static final String CONFIG = "application/vnd.docker.container.image.v1+json";
  private static final String LAYER = "application/vnd.docker.image.rootfs.diff.tar";

  private final HttpServer server;
  private final TlsRefusal front;
  private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  final AtomicInteger manifestRequests = new AtomicInteger();
  private volatile String expectedLogin = "";
  private volatile CountDownLatch blobsReleased = new CountDownLatch(0);
  private volatile boolean brokenBlobs;

  TestRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v2/", this::handle);
    server.start();
    front = new TlsRefusal(server.getAddress());
  }

  String host() {
    return "127.0.0.1:" + front.port();
  }

  /// Every request must come with this login from now on.
  void demandsLogin(String username, String password) {
    byte[] login = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
    expectedLogin = "Basic " + Base64.getEncoder().encodeToString(login);
  }

  /// Blobs are sent to the middle and no further, until [#releaseBlobs].
  void holdBlobs() {
    blobsReleased = new CountDownLatch(1);
  }

  void releaseBlobs() {
    blobsReleased.countDown();
  }

  /// Blobs are not what their digest says.
  void breakBlobs() {
    brokenBlobs = true;
  }

  /// Takes an image in: the host's busybox as a web server on port 8080.
  ///
  /// @param salt makes its layer unlike any other
  /// @return its reference
  String push(String repository, String tag, String salt) throws IOException {
    byte[] layer = layer(salt);
    String layerDigest = blob(layer);
    byte[] config =
        """
        {"architecture":"amd64","os":"linux","config":{"Entrypoint":["/busybox","httpd","-f","-p","8080"]},
         "rootfs":{"type":"layers","diff_ids":["%s"]}}\
        """
            .formatted(layerDigest)
            .getBytes(StandardCharsets.UTF_8);
    byte[] manifest =
        """
        {"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":%d,"digest":"%s"},
         "layers":[{"mediaType":"%s","size":%d,"digest":"%s"}]}\
        """
            .formatted(
                MANIFEST, CONFIG, config.length, blob(config), LAYER, layer.length, layerDigest)
            .getBytes(StandardCharsets.UTF_8);
    manifests.put(repository + "/" + tag, manifest);
    manifests.put(repository + "/" + digest(manifest), manifest);
    return host() + "/" + repository + ":" + tag;
  }

  /// The reference by digest of an image that was pushed.
  String byDigest(String repository, String tag) {
    return host() + "/" + repository + "@" + digest(manifests.get(repository + "/" + tag));
  }

  private String blob(byte[] bytes) {
    String digest = digest(bytes);
    blobs.put(digest, bytes);
    return digest;
  }

  private static byte[] layer(String salt) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    entry(tar, "busybox", "0000755", Files.readAllBytes(Path.of("/bin/busybox")));
    entry(tar, "salt", "0000644", salt.getBytes(StandardCharsets.UTF_8));
    tar.write(new byte[1024]);
    return tar.toByteArray();
  }

  /// A ustar header of 512 bytes, the content, zeros up to the next 512.
  private static void entry(OutputStream tar, String name, String mode, byte[] content)
      throws IOException {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, mode);
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(content.length));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    put(header, 156, "0");
    put(header, 257, "ustar");
    put(header, 263, "00");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o".formatted(sum));
    header[154] = 0;
    tar.write(header);
    tar.write(content);
    tar.write(new byte[(512 - content.length % 512) % 512]);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static String digest(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring("/v2/".length());
      exchange.getResponseHeaders().set("Docker-Distribution-API-Version", "registry/2.0");
      String login = exchange.getRequestHeaders().getFirst("Authorization");
      if (!expectedLogin.isEmpty() && !expectedLogin.equals(login)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"test\"");
        refuse(exchange, 401, "UNAUTHORIZED", "authentication required");
      } else if (path.isEmpty()) {
        send(exchange, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
      } else if (path.contains("/manifests/")) {
        manifest(exchange, path.replace("/manifests/", "/"));
      } else {
        sendBlob(exchange, path.substring(path.lastIndexOf('/') + 1));
      }
    }
  }

  private void manifest(HttpExchange exchange, String key) throws IOException {
    manifestRequests.incrementAndGet();
    byte[] manifest = manifests.get(key);
    if (manifest == null) {
      refuse(exchange, 404, "MANIFEST_UNKNOWN", "manifest unknown");
      return;
    }
    exchange.getResponseHeaders().set("Docker-Content-Digest", digest(manifest));
    send(exchange, MANIFEST, manifest);
  }

  private void sendBlob(HttpExchange exchange, String digest) throws IOException {
    byte[] blob = blobs.get(digest);
    if (blob == null) {
      refuse(exchange, 404, "BLOB_UNKNOWN", "blob unknown");
      return;
    }
    byte[] sent = blob.clone();
    if (brokenBlobs) {
      sent[sent.length / 2] ^= 1;
    }
    exchange.sendResponseHeaders(200, sent.length);
    exchange.getResponseBody().write(sent, 0, sent.length / 2);
    exchange.getResponseBody().flush();
    try {
      blobsReleased.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
    exchange.getResponseBody().write(sent, sent.length / 2, sent.length - sent.length / 2);
  }

  private static void send(HttpExchange exchange, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
    }
    exchange.sendResponseHeaders(200, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  private static void refuse(HttpExchange exchange, int status, String code, String message)
      throws IOException {
    byte[] body =
        """
        {"errors":[{"code":"%s","message":"%s"}]}\
        """
            .formatted(code, message)
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() throws IOException {
    releaseBlobs();
    front.close();
    server.stop(0);
  }
}
