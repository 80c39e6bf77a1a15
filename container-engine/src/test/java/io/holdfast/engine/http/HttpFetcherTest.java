package io.holdfast.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class HttpFetcherTest {
  private static final HttpConfig CONFIG = EngineConfig.of(ConfigFactory.defaultReference()).http();

  private final HttpFetcher fetcher = new HttpFetcher(CONFIG);

  @AfterEach
  void close() {
    fetcher.close();
  }

  private static void assertCode(Throwable e, ErrorCode code) {
    assertThat(((HoldfastException) e).code()).as(e.getMessage()).isEqualTo(code);
  }

  private static RawServer answering(String text) throws Exception {
    return new RawServer((wire, _) -> {
      while (!wire.head().isEmpty()) {
        wire.answer(text);
      }
    });
  }

  @Test
  void fetchesFromTheHostOfTheUrl() throws Exception {
    try (RawServer server = answering("hello")) {
      Response response =
          fetcher.fetch(Request.get("http://localhost:%d/a".formatted(server.port())));
      assertThat(response.body().text()).isEqualTo("hello");
    }
  }

  @Test
  void leavesRedirectsToTheCaller() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say(
              "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n");
        })) {
      Response response =
          fetcher.fetch(Request.get("http://127.0.0.1:%d/".formatted(server.port())));
      assertThat(response.status()).isEqualTo(302);
      assertThat(response.header("location")).hasValue("http://elsewhere/");
    }
  }

  @Test
  void namesAnUnknownHost() {
    assertThatThrownBy(() -> fetcher.fetch(Request.get("http://no-such-host.invalid/")))
        .hasMessageContaining("no-such-host.invalid")
        .satisfies(e -> assertCode(e, ErrorCode.FETCH_FAILED));
  }

  @Test
  void saysWhenTheOtherSideBreaksOff() throws Exception {
    try (RawServer server = new RawServer((wire, _) -> wire.head())) {
      assertThatThrownBy(
              () -> fetcher.fetch(Request.get("http://127.0.0.1:%d/".formatted(server.port()))))
          .hasMessageContaining("broke off")
          .satisfies(e -> assertCode(e, ErrorCode.FETCH_FAILED));
    }
  }

  @Test
  void speaksOnlyHttp() {
    for (String url : new String[] {"ftp://host/", "file:///etc/passwd", "/relative"}) {
      assertThatThrownBy(() -> fetcher.fetch(Request.get(url)))
          .satisfies(e -> assertCode(e, ErrorCode.INVALID_REQUEST));
    }
  }

  @Test
  void speaksTlsWithThoseItTrustsUnderTheirOwnName(@TempDir Path folder) throws Exception {
    SSLContext tls = selfSigned(folder);
    try (RawServer server =
            new RawServer(
                (wire, _) -> {
                  while (!wire.head().isEmpty()) {
                    wire.body(100_000);
                    wire.answer("secret");
                  }
                },
                tls.getServerSocketFactory()
                    .createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        HttpFetcher trusting = new HttpFetcher(CONFIG, tls.getSocketFactory())) {
      Request post =
          Request.post(
              "https://localhost:%d/".formatted(server.port()), Body.of(new byte[100_000]));
      assertThat(trusting.fetch(post).body().text()).isEqualTo("secret");
      assertThat(trusting.fetch(post).body().text()).isEqualTo("secret");
      assertThat(server.connections()).isEqualTo(1);
      // The certificate names localhost alone, and only this fetcher trusts it.
      assertThatThrownBy(
              () -> trusting.fetch(post.withUrl("https://127.0.0.1:%d/".formatted(server.port()))))
          .satisfies(e -> assertCode(e, ErrorCode.FETCH_FAILED));
      assertThatThrownBy(() -> fetcher.fetch(post))
          .satisfies(e -> assertCode(e, ErrorCode.FETCH_FAILED));
    }
  }

  private static SSLContext selfSigned(Path folder) throws Exception {
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "test",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor()).as(output).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, "changeit".toCharArray());
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }
}
