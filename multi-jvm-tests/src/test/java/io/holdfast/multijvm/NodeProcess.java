package io.holdfast.multijvm;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.testcassandra.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The packaged node as a process of its own, in a folder and on a port that it keeps over
/// restarts.
///
/// Ends only the process it started. Thread rule: start, kill and close on one thread; ask from
/// any.
final class NodeProcess implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);

  /**
   * An object that waits for an engine which is away is reset after 30 s, and only then answers.
   */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);

  private static final int LOG_TAIL_CHARS = 4_000;

  /** Those that run end with this JVM at the latest. */
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "nodes-exit"));
  }

  private final Path directory;
  private final int port = FreePort.next();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private Process process;
  private int lives;

  /// An answer with its body as text.
  record Answer(int status, Map<String, String> headers, String body) {
    /// The body, after a check that the status is 200.
    String ok() {
      if (status != 200) {
        throw new AssertionError("expected status 200, found " + status + ": " + body);
      }
      return body;
    }
  }

  /// @param directory holds data, apps and logs
  NodeProcess(Path directory, List<Path> appJars) {
    this.directory = directory;
    settings.put("holdfast.edge.host", "127.0.0.1");
    settings.put("holdfast.edge.port", Integer.toString(port));
    settings.put("holdfast.data-directory", directory.resolve("data").toString());
    settings.put("holdfast.apps-directory", directory.resolve("apps").toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("HOLDFAST_JVM_FLAGS", "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    Apps.makeNodeQuick();
    deploy(appJars);
  }

  private void deploy(List<Path> jars) {
    try {
      Path apps = Files.createDirectories(directory.resolve("apps"));
      for (Path jar : jars) {
        Files.copy(jar, apps.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  NodeProcess with(String setting, String value) {
    settings.put(setting, value);
    return this;
  }

  /// A setting that is a list.
  NodeProcess withList(String setting, List<String> values) {
    for (int i = 0; i < values.size(); i++) {
      settings.put(setting + "." + i, values.get(i));
    }
    return this;
  }

  /// Flags of its JVM, beside those of every test.
  NodeProcess withJvmFlags(String flags) {
    environment.merge("HOLDFAST_JVM_FLAGS", flags, (own, more) -> own + " " + more);
    return this;
  }

  /// Its wall clock can be set off by [#setClock].
  NodeProcess withJumpingClock() {
    return withJvmFlags(JumpingClock.flag(directory));
  }

  /// Sets its wall clock off by so much, also for its next lives. Takes up to 200 ms.
  void setClock(Duration off) {
    JumpingClock.set(directory, off);
  }

  NodeProcess withEnvironment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /// Starts the node and returns when it is ready.
  ///
  /// @return how long that took
  Duration start() {
    long started = System.nanoTime();
    spawn();
    awaitReady();
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /// A script of the project with the settings of this node.
  private ProcessBuilder script(String name, String... arguments) {
    List<String> command = new ArrayList<>(List.of(Apps.project().resolve(name).toString()));
    command.addAll(List.of(arguments));
    settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true);
  }

  /// Runs `holdfast data` on the store of this node.
  ///
  /// @return what it printed, after a check of its exit code
  String data(int exitCode, String verb, Path file) {
    try {
      Process command = script("scripts/holdfast", "data", verb, file.toString()).start();
      String printed = new String(command.getInputStream().readAllBytes(), UTF_8);
      if (command.waitFor() != exitCode) {
        throw new AssertionError(
            "expected exit code " + exitCode + ", found " + command.exitValue() + ": " + printed);
      }
      return printed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Starts the node and returns at once.
  void spawn() {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("expected no running node, found pid " + process.pid());
    }
    lives++;
    try {
      process = script("scripts/holdfast-node").redirectOutput(logFile().toFile()).start();
      RUNNING.add(process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI webSocketUri(String path) {
    return URI.create("ws://127.0.0.1:" + port + path);
  }

  /// Starts the node and waits until it ends by itself.
  ///
  /// @return its exit code
  int runToItsEnd() {
    spawn();
    awaitEnd();
    return process.exitValue();
  }

  /// Returns when a node that was spawned is ready.
  void awaitReady() {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!isReady()) {
      if (!process.isAlive()) {
        throw new AssertionError(
            "the node ended with code " + process.exitValue() + " before it was ready:\n" + log());
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("the node was not ready within " + READY_WITHIN + ":\n" + log());
      }
      pause(Duration.ofMillis(50));
    }
  }

  /// Whether it serves; it says so itself, for somebody else could answer at its port.
  boolean isReady() {
    try {
      return wholeLog().contains("holdfast: ready on ") && get("/readyz").status() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /// kill -9; returns when the process is gone.
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /// Stops the process where it stands, until it is resumed.
  void pause() {
    signal("STOP");
  }

  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new AssertionError("kill -" + name + " of pid " + process.pid() + ": " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int exitCode() {
    awaitEnd();
    return process.exitValue();
  }

  long pid() {
    return process.pid();
  }

  /// How many files, sockets and pipes the node has open.
  int openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
      return (int) files.count();
    }
  }

  /// SIGTERM; returns when the process is gone.
  ///
  /// @return its exit code
  int stop() {
    process.destroy();
    awaitEnd();
    return process.exitValue();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("pid " + process.pid() + " did not end within 30 s:\n" + log());
      }
      RUNNING.remove(process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// @throws UncheckedIOException when no answer came
  Answer get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /// @throws UncheckedIOException when no answer came
  Answer post(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return send(request);
  }

  /// A request to the admin API with its token.
  Answer admin(String path, String json) {
    return post("/admin/v1/" + path, json, "authorization", "Bearer " + adminToken());
  }

  /// A question to the admin API with its token.
  Answer adminGet(String path) {
    return send(
        HttpRequest.newBuilder(uri("/admin/v1/" + path))
            .header("authorization", "Bearer " + adminToken()));
  }

  private String adminToken() {
    try {
      return Files.readString(directory.resolve("data/admin-token")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          client.send(request.timeout(ANSWER_WITHIN).build(), BodyHandlers.ofString());
      Map<String, String> headers = new HashMap<>();
      response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
      return new Answer(response.statusCode(), headers, response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /// The token of the service API.
  String apiToken() throws IOException {
    return Files.readString(directory.resolve("data/api-token")).strip();
  }

  /// The id by which this node's data directory marks its containers.
  String deployment() throws IOException {
    return Files.readString(directory.resolve("data/deployment-id")).strip();
  }

  /// The end of what the node printed in this life.
  String log() {
    String all = wholeLog();
    return all.substring(Math.max(0, all.length() - LOG_TAIL_CHARS));
  }

  private String wholeLog() {
    try {
      return Files.readString(logFile(), UTF_8);
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }

  private Path logFile() {
    return directory.resolve("node-" + lives + ".log");
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
      awaitEnd();
    }
    client.close();
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
