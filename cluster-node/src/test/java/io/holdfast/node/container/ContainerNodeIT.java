package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.FoundContainer;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.StartOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [ContainerHost] on a real Docker Engine: what the fake could have got wrong.
class ContainerNodeIT {
  private static final int PORT = 8080;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final String IMAGE = "holdfast-test/container-node:latest";
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

  private final NodeOnDocker node = new NodeOnDocker(APPS, Duration.ofSeconds(2));

  @BeforeAll
  static void buildImage(@TempDir Path folder) throws Exception {
    NodeOnDocker.build(
        IMAGE,
        folder,
        """
        RUN mkdir /www && echo hello >/www/index.html
        ENTRYPOINT ["httpd", "-f", "-p", "8080", "-h", "/www"]
        """);
  }

  @AfterEach
  void removeEverything() {
    node.close();
  }

  private ContainerSupervisor box() {
    return node.host.supervisor(ADDRESS);
  }

  private String ask() {
    box().awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT);
    return box().fetch(PORT, Request.get("http://container/")).body().text().strip();
  }

  private void awaitEnds(ContainerExit... exits) {
    await("onStop").until(() -> node.hooks.ends.size() == exits.length);
    assertThat(node.hooks.ends).containsExactly(exits);
    await("the container to be removed").until(() -> node.engine.list().isEmpty());
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
    assertThat(box().monitor().get()).isEqualTo(new ContainerExit(3, ContainerExit.Reason.EXIT));
    awaitStatus(box(), ContainerState.Status.STOPPED_WITH_CODE);
    awaitEnds(
        new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL),
        new ContainerExit(3, ContainerExit.Reason.EXIT));
  }

  @Test
  void theNextNodeTakesTheContainerOverAndSeesItsEnd() throws Exception {
    box().start(StartOptions.DEFAULT, PERMITTED);
    assertThat(ask()).isEqualTo("hello");
    FoundContainer container = node.engine.list().getFirst();
    NodeOnDocker.docker("pause", container.id().value());

    node.dies();
    node.comesBack();
    assertThat(box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(ask()).isEqualTo("hello");
    assertThat(node.engine.list()).extracting(FoundContainer::id).containsExactly(container.id());
    await("the object to be told").until(() -> node.hooks.founds.get() == 1);

    NodeOnDocker.docker("kill", container.id().value());
    awaitStatus(box(), ContainerState.Status.STOPPED_WITH_CODE);
    awaitEnds(new ContainerExit(137, ContainerExit.Reason.EXIT));
  }

  @Test
  void aPausedContainerCanBeDestroyed() throws Exception {
    box().start(StartOptions.DEFAULT, PERMITTED);
    assertThat(ask()).isEqualTo("hello");
    NodeOnDocker.docker("pause", node.engine.list().getFirst().id().value());
    box().destroy();
    awaitEnds(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
  }
}
