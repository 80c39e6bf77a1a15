package io.holdfast.node.container;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.capacity.Room;
import io.holdfast.node.metering.MemoryMeters;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The containers of a node on a real Docker, in a deployment of its own that it removes at the
/// end.
final class NodeOnDocker implements AutoCloseable {
  /// Without networks that are prepared ahead, which would be made anew for each test.
  private static final EngineConfig CONFIG =
      EngineConfig.of(
          ConfigFactory.parseString("holdfast.engine.network.prepared = 0")
              .withFallback(ConfigFactory.load()));

  private final AppCatalog apps;
  private final Duration stopGrace;
  private final Deployment deployment = new Deployment("node-it-" + UUID.randomUUID());
  private final ContainerHttpClient http = new ContainerHttpClient(CONFIG.http());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  final TestFiles files = new TestFiles();
  final FakeHooks hooks = new FakeHooks();
  private MemoryRunBook book = new MemoryRunBook();
  DockerContainerEngine engine = another();
  ContainerHost host;

  NodeOnDocker(AppCatalog apps, Duration stopGrace) {
    this.apps = apps;
    this.stopGrace = stopGrace;
    this.host = open();
  }

  private ContainerHost open() {
    ContainerHost opened =
        new ContainerHost(
            engine,
            http,
            apps,
            any -> hooks,
            book,
            new ContainerMetrics(new PrometheusRegistry()),
            timer,
            Instant::now,
            Room.of(apps, timer, Duration.ZERO),
            MemoryMeters.book(Instant::now),
            new ImageCollector(
                engine, apps, new MemoryMeters(), Instant::now, ImageSettings.USUAL, Set::of),
            files.keeper(engine, "", Instant::now),
            NoOutbound.INSTANCE,
            new ContainerHost.Settings(
                "node-1",
                "local",
                stopGrace,
                10,
                ContainerLogSettings.USUAL,
                ContainerHost.Heritage.ADOPTED,
                Duration.ZERO));
    opened.open();
    return opened;
  }

  /// One more way to the engine, of the same deployment; to be closed.
  DockerContainerEngine another() {
    return DockerContainerEngine.open(CONFIG, deployment);
  }

  /// The node is gone, its containers are not.
  void dies() {
    host.close();
  }

  /// The node is there again.
  void comesBack() {
    book = book.nextLife();
    engine = another();
    host = open();
  }

  /// Builds an image of busybox and these lines.
  static void build(String image, Path folder, String lines)
      throws IOException, InterruptedException {
    Files.copy(Path.of("/bin/busybox"), folder.resolve("busybox"));
    Files.writeString(
        folder.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        ENV PATH=/bin
        """
            + lines);
    docker("build", "-q", "-t", image, folder.toString());
  }

  static void docker(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("DOCKER_BUILDKIT", "0");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(command + " failed: " + output);
    }
  }

  @Override
  public void close() {
    host.close();
    timer.shutdownNow();
    http.close();
    files.close();
    try (DockerContainerEngine last = another()) {
      last.list().forEach(left -> last.destroy(left.id()));
      last.removeNetworks();
    }
  }
}
