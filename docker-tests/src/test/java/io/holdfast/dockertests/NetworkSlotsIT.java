package io.holdfast.dockertests;

import static io.holdfast.dockertests.DockerCommand.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Networks that are ready before a container needs them, on a real Docker Engine.
@Timeout(120)
class NetworkSlotsIT {
  private static final String IMAGE = "holdfast-test/busybox:latest";
  private static final int PREPARED = 2;

  private final Deployment deployment = new Deployment("slots-it-" + UUID.randomUUID());
  private DockerContainerEngine engine = open();
  private int objects;

  @BeforeAll
  static void buildImage() throws Exception {
    DockerCommand.buildContractImage(IMAGE);
  }

  @AfterEach
  void leavesNothingBehind() throws Exception {
    for (FoundContainer left : engine.list()) {
      engine.destroy(left.id());
    }
    engine.removeNetworks();
    engine.close();
    assertThat(holders()).isEmpty();
    assertThat(docker("network", "ls")).doesNotContain(deployment.digest(12));
    assertThat(DockerCommand.run(List.of("iptables", "-S"))).doesNotContain(deployment.digest(12));
  }

  private DockerContainerEngine open() {
    EngineConfig config =
        EngineConfig.of(
            ConfigFactory.parseString("holdfast.engine.network.prepared = " + PREPARED)
                .withFallback(ConfigFactory.load()));
    return DockerContainerEngine.open(config, deployment);
  }

  private static ConditionFactory eventually() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
  }

  private void fill() {
    engine.prepare(Network.NONE_OUTSIDE);
    eventually().until(() -> runningHolders().size(), size -> size == PREPARED);
  }

  private Set<String> holders() throws Exception {
    return holders("-a");
  }

  private Set<String> runningHolders() throws Exception {
    return holders("--filter=status=running");
  }

  private Set<String> holders(String which) throws Exception {
    return docker(
            "ps",
            "-q",
            "--no-trunc",
            which,
            "--filter",
            "label=io.holdfast.slot=" + deployment.id())
        .lines()
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private ContainerSpec spec() {
    ContainerOwner owner =
        new ContainerOwner("slots", "Test", "%064x".formatted(++objects), "node-1", 1);
    return ContainerSpec.of(owner, IMAGE).build();
  }

  private StartedContainer started() {
    StartedContainer container = engine.start(spec());
    new ReadinessProbe(engine).await(container, new Readiness.Tcp(8080), Duration.ofSeconds(20));
    return container;
  }

  /// The id of the holder whose network the container is in; empty on a bridge.
  private static String holderOf(StartedContainer container) throws Exception {
    String mode = docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", container.id().value());
    return mode.startsWith("container:") ? mode.substring("container:".length()) : "";
  }

  @Test
  void startsInANetworkThatIsReadyAndMakesTheNextOne() throws Exception {
    fill();
    Set<String> ready = holders();
    StartedContainer container = started();
    assertThat(ready).contains(holderOf(container));
    assertThat(engine.inspect(container.id()))
        .isInstanceOfSatisfying(
            ContainerState.Running.class,
            running -> assertThat(running.address()).isEqualTo(container.address().orElseThrow()));
    eventually().until(() -> runningHolders().size(), size -> size == PREPARED + 1);
    engine.list();
    assertThat(holders()).contains(holderOf(container));
    assertThat(engine.list()).singleElement().matches(each -> each.id().equals(container.id()));
  }

  @Test
  void countsTheTrafficOfTheContainerInsideAlsoInTheNextLifeOfTheNode() throws Exception {
    fill();
    StartedContainer container = started();
    assertThat(holderOf(container)).isNotEmpty();
    assertThat(engine.stats(container.id()).sentBytes()).isPositive();

    engine.close();
    engine = open();
    assertThat(engine.list()).hasSize(1);
    assertThat(engine.stats(container.id()).sentBytes()).isPositive();
  }

  @Test
  void usesANetworkOnce() throws Exception {
    fill();
    StartedContainer first = started();
    String used = holderOf(first);
    engine.destroy(first.id());
    eventually().until(() -> !holders().contains(used));
    fill();
    assertThat(holderOf(started())).isNotEmpty().isNotEqualTo(used);
  }

  @Test
  void givesEachOfManyStartsANetworkOfItsOwnAndWaitsForNone() throws Exception {
    fill();
    // A holder runs some moments before the engine has its network.
    eventually().until(this::networksOfManyStarts, used -> used.size() >= PREPARED);
  }

  private Set<String> networksOfManyStarts() throws Exception {
    List<ContainerSpec> specs = IntStream.range(0, 6).mapToObj(_ -> spec()).toList();
    List<StartedContainer> containers;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<StartedContainer>> starts =
          specs.stream()
              .map(spec -> CompletableFuture.supplyAsync(() -> engine.start(spec), threads))
              .toList();
      containers = starts.stream().map(CompletableFuture::join).toList();
    }
    assertThat(containers.stream().map(each -> each.address().orElseThrow()))
        .doesNotHaveDuplicates();
    Set<String> inSlots = new TreeSet<>();
    for (StartedContainer container : containers) {
      String holder = holderOf(container);
      assertThat(holder.isEmpty() || inSlots.add(holder)).isTrue();
      engine.destroy(container.id());
    }
    return inSlots;
  }

  @Test
  void givesTheNetworkOfAStartThatFailedToTheNextOne() throws Exception {
    fill();
    Set<String> ready = holders();
    ContainerOwner owner = new ContainerOwner("slots", "Test", "%064x".formatted(99), "node-1", 1);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowableOfType(
                    HoldfastException.class,
                    () -> engine.start(ContainerSpec.of(owner, "holdfast-test/none").build()))
                .code())
        .isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(ready).contains(holderOf(started()));
  }

  @Test
  void startsOverABridgeWhenAllThatWasReadyHasDied() throws Exception {
    fill();
    for (String holder : holders()) {
      docker("kill", holder);
    }
    StartedContainer container = started();
    eventually().until(() -> runningHolders().size(), size -> size >= PREPARED);
    engine.list();
    eventually().until(() -> holders().equals(runningHolders()));
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Running.class);
  }

  @Test
  void endsAContainerThatHasLostItsNetwork() throws Exception {
    fill();
    StartedContainer container = started();
    CompletableFuture<ExitReason> exit =
        CompletableFuture.supplyAsync(
            () -> engine.awaitExit(container.id()), task -> Thread.ofVirtual().start(task));
    // The stream of events is up when it tells of another death.
    StartedContainer other = started();
    CompletableFuture<ExitReason> otherExit =
        CompletableFuture.supplyAsync(
            () -> engine.awaitExit(other.id()), task -> Thread.ofVirtual().start(task));
    docker("kill", other.id().value());
    otherExit.get(60, TimeUnit.SECONDS);
    docker("kill", holderOf(container));
    assertThat(exit.get(60, TimeUnit.SECONDS)).isEqualTo(new ExitReason.Exited(137));
  }

  @Test
  void findsAtTheNextLookThatAContainerHasLostItsNetwork() throws Exception {
    fill();
    StartedContainer container = started();
    docker("rm", "-f", holderOf(container));
    engine.list();
    eventually().until(() -> engine.inspect(container.id()) instanceof ContainerState.Exited);
  }

  @Test
  void keepsTheNetworksOfContainersThatOutliveTheNodeAndRemovesThemWithThese() throws Exception {
    fill();
    StartedContainer container = started();
    String holder = holderOf(container);
    engine.close();
    assertThat(holders()).containsExactly(holder);
    engine = open();
    assertThat(engine.list()).hasSize(1);
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Running.class);
    assertThat(holders()).containsExactly(holder);
    engine.destroy(container.id());
    eventually().until(() -> holders().isEmpty());
  }

  @Test
  void removesWhatADeadNodeLeftAndNothingOfALivingOne() throws Exception {
    fill();
    Set<String> living = holders();
    String image = docker("inspect", "-f", "{{.Image}}", living.iterator().next());
    String label = "io.holdfast.slot=" + deployment.id();
    String dead =
        docker(
            "run",
            "-d",
            "--label=" + label,
            "--label=io.holdfast.slot.maker=999999999-1-" + UUID.randomUUID(),
            image);
    try (DockerContainerEngine second = open()) {
      second.list();
      eventually().until(() -> !holders().contains(dead));
    }
    assertThat(holders()).containsAll(living);
  }

  @Test
  void removesTheNetworkOfAContainerThatWasRemovedByHand() throws Exception {
    fill();
    StartedContainer container = started();
    String holder = holderOf(container);
    docker("rm", "-f", container.id().value());
    engine.list();
    eventually().until(() -> !holders().contains(holder));
    assertThat(engine.inspect(new ContainerId(container.id().value())))
        .isInstanceOf(ContainerState.Gone.class);
  }
}
