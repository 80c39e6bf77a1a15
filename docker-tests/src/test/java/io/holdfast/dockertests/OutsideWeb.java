package io.holdfast.dockertests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A web server of the world, which tells who was asked for what: a program of its own, to run in a
/// network namespace.
final class OutsideWeb {
  static final char[] PASSWORD = "outside".toCharArray();

  private OutsideWeb() {}

  /// Serves HTTP on port 80 and HTTPS on port 443 until it is killed.
  ///
  /// @param arguments its address, then the key store with the key of HTTPS
  public static void main(String[] arguments) throws Exception {
    InetAddress address = InetAddress.ofLiteral(arguments[0]);
    HttpServer plain = HttpServer.create(new InetSocketAddress(address, 80), 0);
    HttpsServer secure = HttpsServer.create(new InetSocketAddress(address, 443), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(tls(Path.of(arguments[1]))));
    plain.createContext("/", exchange -> tell("http", exchange));
    secure.createContext("/", exchange -> tell("https", exchange));
    plain.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    secure.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    plain.start();
    secure.start();
    Thread.sleep(Long.MAX_VALUE);
  }

  private static void tell(String scheme, HttpExchange exchange) throws IOException {
    byte[] told =
        "world: %s %s host=%s auth=%s body=%s"
            .formatted(
                scheme,
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("Host"),
                exchange.getRequestHeaders().getFirst("Authorization"),
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, told.length);
    exchange.getResponseBody().write(told);
    exchange.close();
  }

  static KeyStore store(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private static SSLContext tls(Path file) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store(file), PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
