package io.holdfast.edge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.Worker;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// An edge on a free port, with one actor system for all tests of a JVM.
final class EdgeFixture implements AutoCloseable {
  static final String TOKEN = "s3cret";
  static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final ActorSystem<Void> SYSTEM =
      ActorSystem.create(
          Behaviors.empty(),
          "edge-test",
          ConfigFactory.parseString("pekko.daemonic = on, pekko.log-dead-letters = off")
              .withFallback(ConfigFactory.load()));

  final FakeGateway gateway = new FakeGateway();
  final List<EdgeApp> apps = new ArrayList<>();
  final List<ReadinessCheck> checks = new ArrayList<>();
  final PrometheusRegistry registry = new PrometheusRegistry();
  final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private Optional<BearerToken> token = Optional.of(BearerToken.of(TOKEN));
  private Optional<AdminServices> admin = Optional.empty();
  private EdgeServices.Clients clients = EdgeServices.Clients.SERVED;
  private String config = "";
  private int fixedPort;
  private EdgeServer server;

  EdgeFixture app(String name, Worker worker, String... routes) {
    List<Route> parsed = List.of(routes).stream().map(Route::parse).toList();
    apps.add(new EdgeApp(name, parsed, Optional.of(worker), context -> new FakeEnv()));
    return this;
  }

  EdgeFixture forOperatorsOnly() {
    clients = EdgeServices.Clients.REFUSED;
    return this;
  }

  EdgeFixture withoutToken() {
    token = Optional.empty();
    return this;
  }

  EdgeFixture admin(AdminServices services) {
    admin = Optional.of(services);
    return this;
  }

  EdgeFixture config(String line) {
    config += "holdfast.edge." + line + "\n";
    return this;
  }

  EdgeFixture fixedPort(int port) {
    fixedPort = port;
    return this;
  }

  EdgeFixture start() {
    Config effective =
        ConfigFactory.parseString(config + "holdfast.edge.port = " + fixedPort)
            .withFallback(ConfigFactory.load());
    EdgeServices services =
        new EdgeServices(clients, apps, gateway, gateway, token, admin, checks, registry);
    server = EdgeServer.start(SYSTEM, EdgeConfig.from(effective), services);
    return this;
  }

  EdgeServer server() {
    return server;
  }

  int port() {
    return server.address().getPort();
  }

  URI uri(String pathAndQuery) {
    return URI.create("http://localhost:" + port() + pathAndQuery);
  }

  HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(uri(pathAndQuery)).timeout(DEADLINE);
  }

  HttpRequest.Builder authorized(String pathAndQuery) {
    return request(pathAndQuery).header("authorization", "Bearer " + TOKEN);
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String pathAndQuery) throws IOException, InterruptedException {
    return send(request(pathAndQuery));
  }

  HttpResponse<String> post(String pathAndQuery, String body)
      throws IOException, InterruptedException {
    return send(request(pathAndQuery).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  RawClient raw() throws IOException {
    return new RawClient(new Socket("localhost", port()));
  }

  @Override
  public void close() throws InterruptedException {
    client.close();
    if (server != null) {
      server.stop(Duration.ZERO);
    }
  }
}
