package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.node.capacity.Room;
import io.holdfast.node.metering.MemoryMeters;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.StartOptions;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [ContainerHost] on a real Docker Engine: what the fake could have got wrong.
class ContainerNodeIT {
  private static final int PORT = 8080;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final String IMAGE = "holdfast-test/container-node:latest";
  private static final EngineConfig CONFIG = EngineConfig.of(ConfigFactory.load());
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "box");
  private static final ObjectAddress ADDRESS =
      new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named("a"));
  private static final AppCatalog APPS =
      TestApps.of(
          """
          {"name": "test", "objects": [
            {"name": "box", "class": "%s",
             "container": {"image": "%s", "persistentPaths": ["/workspace", "/www"]}}]}
          """
              .formatted(ContainerFixture.Box.class.getName(), IMAGE));

  private final Deployment deployment = new Deployment("node-it-" + UUID.randomUUID());
  private final ContainerHttpClient http = new ContainerHttpClient(CONFIG.http());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final TestFiles files = new TestFiles();
  private final FakeHooks hooks = new FakeHooks();
  private MemoryRunBook book = new MemoryRunBook();
  private DockerContainerEngine engine = DockerContainerEngine.open(CONFIG, deployment);
  private ContainerHost host = open();

  @BeforeAll
  static void buildImage(@TempDir Path folder) throws Exception {
    Files.copy(Path.of("/bin/busybox"), folder.resolve("busybox"));
    Files.writeString(
        folder.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN mkdir /www && echo hello >/www/index.html
        ENV PATH=/bin
        ENTRYPOINT ["httpd", "-f", "-p", "8080", "-h", "/www"]
        """);
    docker("build", "-q", "-t", IMAGE, folder.toString());
  }

  @AfterEach
  void removeEverything() {
    host.close();
    timer.shutdownNow();
    http.close();
    files.close();
    try (DockerContainerEngine last = DockerContainerEngine.open(CONFIG, deployment)) {
      last.list().forEach(left -> last.destroy(left.id()));
      last.removeNetworks();
    }
  }

  private ContainerHost open() {
    ContainerHost opened =
        new ContainerHost(
            engine,
            http,
            APPS,
            any -> hooks,
            book,
            new ContainerMetrics(new PrometheusRegistry()),
            timer,
            Instant::now,
            Room.of(APPS, timer, Duration.ZERO),
            MemoryMeters.book(Instant::now),
            new ImageCollector(engine, APPS, new MemoryMeters(), Instant::now, ImageSettings.USUAL),
            files.keeper(engine, ""),
            new ContainerHost.Settings(
                "node-1", "local", Duration.ofSeconds(2), 10, ContainerLogSettings.USUAL));
    opened.open();
    return opened;
  }

  private ContainerSupervisor box() {
    return host.supervisor(ADDRESS);
  }

  private String ask() {
    box().awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT);
    return box().fetch(PORT, Request.get("http://container/")).body().text().strip();
  }

  private void awaitEnds(ContainerExit... exits) {
    await("onStop").until(() -> hooks.ends.size() == exits.length);
    assertThat(hooks.ends).containsExactly(exits);
    await("the container to be removed").until(() -> engine.list().isEmpty());
  }

  @Test
  void startsServesAndTellsHowItEnded() {
    box().start(StartOptions.DEFAULT, PERMITTED);
    assertThat(ask()).isEqualTo("hello");
    assertThat(box().state().status()).isEqualTo(ContainerState.Status.HEALTHY);
    box().destroy();
    assertThat(box().state().status()).isEqualTo(ContainerState.Status.STOPPED);

    // Right after the end of the first, whose name is still taken.
    box().start(StartOptions.DEFAULT.entrypoint("sh", "-c", "sleep 0.3; exit 3"), PERMITTED);
    assertThat(box().monitor()).isEqualTo(new ContainerExit(3, ContainerExit.Reason.EXIT));
    awaitStatus(box(), ContainerState.Status.STOPPED_WITH_CODE);
    awaitEnds(
        new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL),
        new ContainerExit(3, ContainerExit.Reason.EXIT));
  }

  @Test
  void theNextNodeTakesTheContainerOverAndSeesItsEnd() throws Exception {
    box().start(StartOptions.DEFAULT, PERMITTED);
    assertThat(ask()).isEqualTo("hello");
    FoundContainer container = engine.list().getFirst();
    docker("pause", container.id().value());

    host.close();
    book = book.nextLife();
    engine = DockerContainerEngine.open(CONFIG, deployment);
    host = open();
    assertThat(box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(ask()).isEqualTo("hello");
    assertThat(engine.list()).extracting(FoundContainer::id).containsExactly(container.id());
    await("the object to be told").until(() -> hooks.founds.get() == 1);

    docker("kill", container.id().value());
    awaitStatus(box(), ContainerState.Status.STOPPED_WITH_CODE);
    awaitEnds(new ContainerExit(137, ContainerExit.Reason.EXIT));
  }

  @Test
  void aPausedContainerCanBeDestroyed() throws Exception {
    box().start(StartOptions.DEFAULT, PERMITTED);
    assertThat(ask()).isEqualTo("hello");
    docker("pause", engine.list().getFirst().id().value());
    box().destroy();
    awaitEnds(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
  }

  private static void docker(String... arguments) throws IOException, InterruptedException {
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
}
