package io.holdfast.node;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.node.app.TestJar;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine;
import io.holdfast.testkit.TestWebSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/// A whole node in this JVM, on a directory of its own, with the app `runtime` of the package
/// `io.holdfast.testapp` unless told otherwise.
public final class NodeFixture implements AutoCloseable {
  private static final Duration CALL_MAX = Duration.ofSeconds(40);
  private static final String JOURNAL = "holdfast.persistence.writer.journal-plugin";

  private final Path directory;
  private final List<String> settings;
  private final FakeContainerEngine engine = new FakeContainerEngine();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private FakeContainerEngine looking = engine;
  private EgressGate gate;
  private Node node;
  private String token;

  private NodeFixture(Path directory, List<String> settings) {
    this.directory = directory;
    this.settings = settings;
    this.node = open();
    this.token = token();
  }

  /// Starts a node.
  ///
  /// @param settings `key=value`, over those of the fixture
  public static NodeFixture with(String... settings) {
    try {
      String descriptor = Files.readString(Path.of("src/test/resources/testapp.jsonc"));
      return ofApp(descriptor, "io.holdfast.testapp", settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts a node with one app, whose classes are those of a package of this test source tree.
  public static NodeFixture ofApp(String descriptor, String packageName, String... settings) {
    try {
      Path directory = Files.createTempDirectory("holdfast-node");
      TestJar.app(descriptor).compiled(packageName).write(directory.resolve("apps/app.jar"));
      return new NodeFixture(directory, List.of(settings));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The engine of all lives of the node; each life opens one of its own on the same containers.
  public FakeContainerEngine engine() {
    return engine;
  }

  /// What containers of this life of the node send out goes through it.
  public EgressGate gate() {
    return gate;
  }

  private Node open() {
    List<String> arguments = new ArrayList<>();
    for (String setting :
        Stream.concat(
                Stream.of(
                    "holdfast.data-directory=" + directory.resolve("data"),
                    "holdfast.apps-directory=" + directory.resolve("apps"),
                    "holdfast.edge.port=0",
                    "holdfast.edge.access-log.enabled=off",
                    "holdfast.objects.shards=8",
                    JOURNAL + "=holdfast.test-journal"),
                settings.stream())
            .toList()) {
      arguments.add("--set");
      arguments.add(setting);
    }
    return Node.start(
        NodeArguments.parse(arguments.toArray(String[]::new)).config(),
        (config, deployment, opened) -> {
          gate = opened;
          looking = engine.another(deployment);
          return engine.another(deployment);
        });
  }

  /// The containers of this node's deployment.
  public List<FoundContainer> containers() {
    return looking.list();
  }

  /// The container of an object of this node's deployment.
  public Optional<FakeContainer> containerOf(ContainerOwner.Key owner) {
    return looking.containerOf(owner);
  }

  private String token() {
    try {
      return Files.readString(directory.resolve("data/api-token")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Shuts the node down in order and starts it again on the same directory.
  public void restart() {
    stop();
    start();
  }

  public void stop() {
    within(Duration.ofSeconds(60), node.stop().toCompletableFuture());
  }

  public void start() {
    node = open();
    token = token();
  }

  /// Calls a method and waits for the answer.
  public Answer call(String namespace, String name, String method, Object... arguments) {
    return await(callAsync(namespace, name, method, arguments));
  }

  public CompletableFuture<Answer> callAsync(
      String namespace, String name, String method, Object... arguments) {
    return answerTo(rpc(namespace, name, method, arguments));
  }

  /// As [#callAsync], under an idempotency key.
  public CompletableFuture<Answer> keyedAsync(
      String key, String namespace, String name, String method, Object... arguments) {
    return answerTo(rpc(namespace, name, method, arguments).header("Idempotency-Key", key));
  }

  private HttpRequest.Builder rpc(
      String namespace, String name, String method, Object... arguments) {
    return request("/v1/objects/" + namespace + "/" + encoded(name) + "/rpc/" + method)
        .POST(HttpRequest.BodyPublishers.ofString(Answer.json(arguments)));
  }

  private CompletableFuture<Answer> answerTo(HttpRequest.Builder request) {
    return client.sendAsync(request.build(), BodyHandlers.ofString()).thenApply(Answer::of);
  }

  /// A request to the node, with its token.
  public HttpRequest.Builder request(String pathAndQuery) {
    String url = "http://127.0.0.1:" + node.address().getPort() + pathAndQuery;
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(CALL_MAX)
        .header("authorization", "Bearer " + token);
  }

  /// A request to the admin API, with its token.
  public HttpRequest.Builder admin(String pathAndQuery) {
    try {
      return request(pathAndQuery)
          .setHeader(
              "authorization",
              "Bearer " + Files.readString(directory.resolve("data/admin-token")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Answer adminAnswer(String pathAndQuery) {
    return Answer.of(send(admin(pathAndQuery).build(), BodyHandlers.ofString()));
  }

  /// What the admin API says of an object: `verb?query`.
  public Answer look(String namespace, String name, String verb) {
    String path = "/admin/v1/namespaces/" + namespace + "/objects/" + encoded(name) + "/" + verb;
    return adminAnswer(path);
  }

  /// What the admin API does with an object; the JSON is its body.
  public Answer change(String namespace, String name, String verb, String json) {
    return await(changeAsync(namespace, name, verb, json));
  }

  public CompletableFuture<Answer> changeAsync(
      String namespace, String name, String verb, String json) {
    String path = "/admin/v1/namespaces/" + namespace + "/objects/" + encoded(name) + "/" + verb;
    HttpRequest request = admin(path).POST(HttpRequest.BodyPublishers.ofString(json)).build();
    return client.sendAsync(request, BodyHandlers.ofString()).thenApply(Answer::of);
  }

  /// Connects a WebSocket to the node.
  public TestWebSocket webSocket(String pathAndQuery, String... subprotocols) {
    String url = "ws://127.0.0.1:" + node.address().getPort() + pathAndQuery;
    return TestWebSocket.connect(URI.create(url), subprotocols);
  }

  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    return await(client.sendAsync(request, handler));
  }

  /// The value of a metric, 0 when it is not there.
  public long metric(String name) {
    String text = send(request("/metrics").build(), BodyHandlers.ofString()).body();
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  public static <T> T await(CompletableFuture<T> future) {
    return within(CALL_MAX, future);
  }

  private static <T> T within(Duration limit, CompletableFuture<T> future) {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("expected an end within " + limit + ", found " + e, e);
    }
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    stop();
    client.close();
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.toList().reversed()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
