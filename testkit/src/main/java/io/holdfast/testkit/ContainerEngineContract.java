package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineImage;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.HttpConfig;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every [ContainerEngine] does, as tests. A subclass gives the engine and an image whose
/// entrypoint understands:
///
/// | arguments | what it does |
/// |---|---|
/// | `serve` | answers `GET /` with `ok` and `/cgi-bin/env` with its environment on port 8080; ends of SIGTERM |
/// | `serve-late` | the same after 300 ms |
/// | `exit N` | writes `leaving with N` and ends with that code |
/// | `trap N` | as serve, but SIGTERM makes it write `got SIGTERM` and end with that code |
/// | `ignore-term` | as serve, but SIGTERM does nothing |
/// | `echo` | on port 8081 answers with the request body, byte by byte as it comes |
///
/// `exec` knows `sh -c "echo out; echo err >&2; exit 7"`, and what [ExecContract] lists.
@Timeout(120)
public abstract class ContainerEngineContract {
  /// The program of the image.
  protected static final String PROGRAM = "/contract";

  private static final HttpConfig HTTP =
      new HttpConfig(
          Duration.ofSeconds(2),
          Duration.ofSeconds(20),
          64,
          Duration.ofSeconds(30),
          65_536,
          32_768,
          200);
  private static final long LARGE = 20_000_000;

  private final List<ContainerOwner.Key> owners = new ArrayList<>();
  private final List<ContainerEngine> engines = new ArrayList<>();
  private ContainerHttpClient http = new ContainerHttpClient(HTTP);
  private ContainerEngine engine = unset();

  private static ContainerEngine unset() {
    return new FakeContainerEngine();
  }

  /// Opens an engine; all of them share the same containers.
  protected abstract ContainerEngine open(Deployment deployment);

  /// Reference of the image described above.
  protected abstract String image();

  /// The deployment under test, unlike that of any other run.
  protected abstract Deployment deployment();

  /// Sends SIGKILL to a container, not through the engine.
  protected abstract void killByHand(ContainerId id) throws Exception;

  /// Removes a container, not through the engine.
  protected abstract void removeByHand(ContainerId id) throws Exception;

  /// An engine that does what the first start asks for, and loses the reply.
  protected abstract ContainerEngine openForgetful(Deployment deployment) throws Exception;

  /// Whether this machine lets the engine count what containers use.
  protected boolean countsUse() throws Exception {
    return true;
  }

  @BeforeEach
  void openEngine() {
    engine = opened(open(deployment()));
    http = new ContainerHttpClient(HTTP);
  }

  @AfterEach
  void removeContainers() {
    http.close();
    for (FoundContainer found : engine.list()) {
      if (found.owner().filter(owner -> owners.contains(owner.key())).isPresent()) {
        engine.destroy(found.id());
      }
    }
    engines.forEach(ContainerEngine::close);
  }

  private ContainerEngine opened(ContainerEngine another) {
    engines.add(another);
    return another;
  }

  /// The engine under test.
  protected final ContainerEngine engine() {
    return engine;
  }

  protected final ContainerHttpClient http() {
    return http;
  }

  /// An object never seen before.
  protected final ContainerOwner owner() {
    byte[] id = new byte[32];
    ThreadLocalRandom.current().nextBytes(id);
    ContainerOwner owner =
        new ContainerOwner("contract", "Test", HexFormat.of().formatHex(id), "node-1", 7);
    owners.add(owner.key());
    return owner;
  }

  private static ContainerOwner atEpoch(ContainerOwner owner, long epoch) {
    return new ContainerOwner(
        owner.app(), owner.namespace(), owner.objectId(), owner.node(), epoch);
  }

  /// The program with these arguments, with half a CPU so that the tests are fast.
  protected final ContainerSpec.Builder program(ContainerOwner owner, String... arguments) {
    List<String> entrypoint = new ArrayList<>(List.of(PROGRAM));
    entrypoint.addAll(List.of(arguments));
    return ContainerSpec.of(owner, image())
        .entrypoint(entrypoint)
        .instanceType(new InstanceType("custom", 1, 64, 100));
  }

  protected final StartedContainer started(String... arguments) {
    return engine.start(program(owner(), arguments).build());
  }

  protected final StartedContainer serving(String... arguments) {
    StartedContainer container = started(arguments);
    awaitReady(container, 8080);
    return container;
  }

  protected final void awaitReady(StartedContainer container, int port) {
    new ReadinessProbe(engine).await(container, new Readiness.Tcp(port), Duration.ofSeconds(20));
  }

  private String get(StartedContainer container, String path) {
    return http.fetch(container.endpoint(8080), Request.get("http://container" + path))
        .body()
        .text();
  }

  private static void assertCode(Throwable e, ErrorCode code) {
    assertThat(e).isInstanceOf(HoldfastException.class);
    assertThat(((HoldfastException) e).code()).as(e.getMessage()).isEqualTo(code);
  }

  protected static ConditionFactory eventually() {
    return Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20));
  }

  protected static <T> CompletableFuture<T> async(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(work.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static <T> T join(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  // Start.

  @Test
  void startsAContainerThatAnswers() {
    Instant before = Instant.now();
    StartedContainer container = serving("serve");
    assertThat(container.origin()).isEqualTo(StartedContainer.Origin.CREATED);
    assertThat(container.startedAt())
        .isBetween(before.minusSeconds(5), Instant.now().plusSeconds(5));
    assertThat(get(container, "/")).isEqualTo("ok\n");
  }

  @Test
  void showsARunningContainerAtItsAddress() {
    StartedContainer container = started("serve");
    assertThat(engine.inspect(container.id()))
        .isInstanceOfSatisfying(
            ContainerState.Running.class,
            running -> assertThat(running.address()).isEqualTo(container.address().orElseThrow()));
  }

  @Test
  void handsOverTheEnvironment() {
    StartedContainer container =
        engine.start(
            program(owner(), "serve")
                .env(Map.of("GREETING", "hello = \"world\"", "EMPTY", ""))
                .build());
    awaitReady(container, 8080);
    assertThat(get(container, "/cgi-bin/env"))
        .contains("GREETING=hello = \"world\"\n")
        .contains("EMPTY=\n");
  }

  @Test
  void givesTheContainerItHasToTheSecondStartOfTheSameInstance() {
    ContainerOwner owner = owner();
    StartedContainer first = engine.start(program(owner, "serve").build());
    StartedContainer second = engine.start(program(owner, "serve").build());
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.address()).isEqualTo(first.address());
    assertThat(second.origin()).isEqualTo(StartedContainer.Origin.FOUND);
    assertThat(of(owner)).hasSize(1);
  }

  private List<FoundContainer> of(ContainerOwner owner) {
    return engine.list().stream()
        .filter(
            found -> found.owner().map(ContainerOwner::key).filter(owner.key()::equals).isPresent())
        .toList();
  }

  @Test
  void makesOneContainerForManyStartsAtOnce() throws Exception {
    ContainerOwner owner = owner();
    List<CompletableFuture<StartedContainer>> starts = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      starts.add(async(() -> engine.start(program(owner, "serve").build())));
    }
    ContainerId id = join(starts.getFirst()).id();
    for (CompletableFuture<StartedContainer> start : starts) {
      assertThat(join(start).id()).isEqualTo(id);
    }
    assertThat(of(owner)).hasSize(1);
    awaitReady(join(starts.getFirst()), 8080);
  }

  @Test
  void startsContainersOfDifferentObjectsAtOnce() throws Exception {
    List<CompletableFuture<StartedContainer>> starts = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ContainerSpec spec = program(owner(), "serve").build();
      starts.add(async(() -> engine.start(spec)));
    }
    List<StartedContainer> containers = new ArrayList<>();
    for (CompletableFuture<StartedContainer> start : starts) {
      containers.add(join(start));
    }
    assertThat(containers.stream().map(StartedContainer::address).distinct()).hasSize(6);
    for (StartedContainer container : containers) {
      awaitReady(container, 8080);
      assertThat(get(container, "/")).isEqualTo("ok\n");
    }
  }

  @Test
  void replacesTheContainerOfAnOlderInstance() {
    ContainerOwner owner = owner();
    StartedContainer old = engine.start(program(owner, "serve").build());
    StartedContainer fresh = engine.start(program(atEpoch(owner, 8), "serve").build());
    assertThat(fresh.id()).isNotEqualTo(old.id());
    assertThat(engine.inspect(old.id())).isInstanceOf(ContainerState.Gone.class);
    assertThat(of(owner)).hasSize(1);
  }

  @Test
  void refusesASupersededInstance() {
    ContainerOwner owner = owner();
    StartedContainer fresh = engine.start(program(owner, "serve").build());
    assertThatThrownBy(() -> engine.start(program(atEpoch(owner, 6), "serve").build()))
        .satisfies(e -> assertCode(e, ErrorCode.WRONG_STATE));
    assertThat(engine.inspect(fresh.id())).isInstanceOf(ContainerState.Running.class);
  }

  @Test
  void replacesAContainerThatIsNotWhatWasAskedFor() {
    ContainerOwner owner = owner();
    StartedContainer old = engine.start(program(owner, "serve").build());
    StartedContainer fresh = engine.start(program(owner, "serve").env(Map.of("A", "1")).build());
    assertThat(fresh.id()).isNotEqualTo(old.id());
    assertThat(fresh.origin()).isEqualTo(StartedContainer.Origin.CREATED);
    assertThat(of(owner)).hasSize(1);
  }

  @Test
  void startsAfreshAfterAnExit() {
    ContainerOwner owner = owner();
    StartedContainer first = engine.start(program(owner, "exit", "0").build());
    assertThat(engine.awaitExit(first.id())).isEqualTo(new ExitReason.Exited(0));
    StartedContainer second = engine.start(program(owner, "exit", "0").build());
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(of(owner)).hasSize(1);
  }

  @Test
  void findsTheContainerWhoseReplyWasLost() throws Exception {
    ContainerOwner owner = owner();
    ContainerSpec spec = program(owner, "serve").build();
    ContainerEngine forgetful = opened(openForgetful(deployment()));
    assertThatThrownBy(() -> forgetful.start(spec))
        .satisfies(e -> assertCode(e, ErrorCode.ENGINE_UNAVAILABLE));
    eventually().until(() -> of(owner).size() == 1);
    ContainerId made = of(owner).getFirst().id();
    StartedContainer again = engine.start(spec);
    assertThat(again.id()).isEqualTo(made);
    awaitReady(again, 8080);
    assertThat(get(again, "/")).isEqualTo("ok\n");
  }

  @Test
  void namesTheImageThatIsMissingAndLeavesNothingBehind() {
    ContainerOwner owner = owner();
    assertThatThrownBy(
            () -> engine.start(ContainerSpec.of(owner, "holdfast-test/never-built:1").build()))
        .hasMessageContaining("holdfast-test/never-built:1")
        .satisfies(e -> assertCode(e, ErrorCode.IMAGE_NOT_FOUND));
    assertThat(of(owner)).isEmpty();
  }

  @Test
  void saysWhyABadEntrypointDoesNotStart() {
    ContainerOwner owner = owner();
    ContainerSpec spec =
        ContainerSpec.of(owner, image())
            .entrypoint("/no/such/program")
            .instanceType(InstanceType.BASIC)
            .build();
    assertThatThrownBy(
            () -> {
              StartedContainer container = engine.start(spec);
              new ReadinessProbe(engine)
                  .await(container, new Readiness.Tcp(8080), Duration.ofSeconds(20));
            })
        .hasMessageContaining("/no/such/program")
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_START_FAILED));
  }

  // Readiness.

  @Test
  void waitsForAProgramThatListensLate() {
    StartedContainer container = started("serve-late");
    Duration took =
        new ReadinessProbe(engine)
            .await(container, new Readiness.Http(8080, "/"), Duration.ofSeconds(20));
    assertThat(took).isLessThan(Duration.ofSeconds(10));
    assertThat(get(container, "/")).isEqualTo("ok\n");
  }

  @Test
  void isNotReadyWhileThePathIsNotFound() {
    StartedContainer container = serving("serve");
    assertThatThrownBy(() ->
            new ReadinessProbe(engine)
                .await(container, new Readiness.Http(8080, "/missing"), Duration.ofMillis(200)))
        .hasMessageContaining("404")
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_LISTENING));
  }

  @Test
  void saysAtOnceThatTheProgramEndedInsteadOfListening() {
    StartedContainer container = started("exit", "3");
    long before = System.nanoTime();
    assertThatThrownBy(() ->
            new ReadinessProbe(engine)
                .await(container, new Readiness.Tcp(8080), Duration.ofSeconds(60)))
        .hasMessageContaining("exit code 3")
        .hasMessageContaining("leaving with 3")
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_START_FAILED));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
  }

  // The end.

  @Test
  void tellsTheExitCode() {
    StartedContainer container = started("exit", "3");
    assertThat(engine.awaitExit(container.id())).isEqualTo(new ExitReason.Exited(3));
    assertThat(engine.inspect(container.id()))
        .isInstanceOfSatisfying(
            ContainerState.Exited.class, exited -> assertThat(exited.code()).isEqualTo(3));
    assertThat(engine.awaitExit(container.id())).isEqualTo(new ExitReason.Exited(3));
  }

  @Test
  void tellsAllWaitersOfAKillFromOutside() throws Exception {
    StartedContainer container = serving("serve");
    List<CompletableFuture<ExitReason>> waiters = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiters.add(async(() -> engine.awaitExit(container.id())));
    }
    killByHand(container.id());
    for (CompletableFuture<ExitReason> waiter : waiters) {
      assertThat(join(waiter)).isEqualTo(new ExitReason.Exited(137));
    }
  }

  @Test
  void noticesARemovalFromOutside() throws Exception {
    StartedContainer container = serving("serve");
    CompletableFuture<ExitReason> waiter = async(() -> engine.awaitExit(container.id()));
    removeByHand(container.id());
    assertThat(join(waiter)).isIn(new ExitReason.Exited(137), new ExitReason.Destroyed());
    eventually().until(() -> engine.inspect(container.id()) instanceof ContainerState.Gone);
    assertThat(engine.awaitExit(container.id())).isEqualTo(new ExitReason.Destroyed());
  }

  @Test
  void letsTheProgramEndItselfWithinTheGrace() {
    StartedContainer container = serving("trap", "5");
    assertThat(engine.stop(container.id(), Duration.ofSeconds(30)))
        .isEqualTo(new ExitReason.Exited(5));
    assertThat(engine.logs(container.id(), 10)).contains("got SIGTERM");
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Exited.class);
  }

  @Test
  void killsAProgramThatIgnoresSigtermWhenTheGraceIsOver() {
    StartedContainer container = serving("ignore-term");
    long before = System.nanoTime();
    assertThat(engine.stop(container.id(), Duration.ofMillis(500)))
        .isEqualTo(new ExitReason.Exited(137));
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isBetween(Duration.ofMillis(500), Duration.ofSeconds(15));
  }

  @Test
  void stopsWhatHasStoppedWithoutHarm() {
    StartedContainer container = started("exit", "4");
    engine.awaitExit(container.id());
    assertThat(engine.stop(container.id(), Duration.ofSeconds(30)))
        .isEqualTo(new ExitReason.Exited(4));
    engine.destroy(container.id());
    assertThat(engine.stop(container.id(), Duration.ofSeconds(30)))
        .isEqualTo(new ExitReason.Destroyed());
  }

  @Test
  void destroysAsOftenAsOneLikes() throws Exception {
    ContainerOwner owner = owner();
    StartedContainer container = engine.start(program(owner, "ignore-term").build());
    CompletableFuture<ExitReason> waiter = async(() -> engine.awaitExit(container.id()));
    List<CompletableFuture<Boolean>> destroyers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      destroyers.add(async(() -> destroyed(container.id())));
    }
    for (CompletableFuture<Boolean> destroyer : destroyers) {
      assertThat(join(destroyer)).isTrue();
    }
    engine.destroy(container.id());
    assertThat(join(waiter)).isEqualTo(new ExitReason.Destroyed());
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Gone.class);
    assertThat(engine.logs(container.id(), 10)).isEmpty();
    assertThat(of(owner)).isEmpty();
    assertThat(engine.start(program(owner, "serve").build()).id()).isNotEqualTo(container.id());
  }

  private boolean destroyed(ContainerId id) {
    engine.destroy(id);
    return engine.inspect(id) instanceof ContainerState.Gone;
  }

  @Test
  void signalsTheProgram() {
    StartedContainer container = serving("trap", "6");
    engine.signal(container.id(), 15);
    assertThat(engine.awaitExit(container.id())).isEqualTo(new ExitReason.Exited(6));
    assertThatThrownBy(() -> engine.signal(container.id(), 15))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
    engine.destroy(container.id());
    assertThatThrownBy(() -> engine.signal(container.id(), 15))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
  }

  @Test
  void knowsWhichSignalsThereAre() {
    StartedContainer container = started("serve");
    for (int number : new int[] {0, -1, 65}) {
      assertThatThrownBy(() -> engine.signal(container.id(), number))
          .hasMessage("Invalid signal number.")
          .satisfies(e -> assertCode(e, ErrorCode.INVALID_ARGUMENT));
    }
  }

  @Test
  void endsAllWaitingWhenItIsClosed() {
    ContainerEngine other = opened(open(deployment()));
    StartedContainer container = started("serve");
    CompletableFuture<ExitReason> waiter = async(() -> other.awaitExit(container.id()));
    assertThat(waiter).isNotDone();
    other.close();
    assertThatThrownBy(() -> join(waiter))
        .cause()
        .satisfies(e -> assertCode(e, ErrorCode.ENGINE_UNAVAILABLE));
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Running.class);
  }

  @Test
  void letsAnInterruptedThreadGoWithoutTouchingTheContainer() {
    StartedContainer container = started("serve");
    CompletableFuture<Throwable> met = new CompletableFuture<>();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              try {
                engine.awaitExit(container.id());
              } catch (HoldfastException e) {
                met.complete(e);
              }
            });
    waiter.interrupt();
    eventually().until(met::isDone);
    assertCode(met.join(), ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Running.class);
  }

  // Lists.

  @Test
  void listsItsContainersWithTheirOwnersAndNoOthers() {
    ContainerOwner mine = owner();
    StartedContainer running = engine.start(program(mine, "serve").build());
    ContainerOwner ended = owner();
    StartedContainer exited = engine.start(program(ended, "exit", "1").build());
    engine.awaitExit(exited.id());
    ContainerEngine stranger = opened(open(new Deployment(deployment().id() + "-other")));
    assertThat(of(mine).getFirst().owner()).contains(mine);
    assertThat(of(mine).getFirst().id()).isEqualTo(running.id());
    assertThat(of(mine).getFirst().phase()).isEqualTo(FoundContainer.Phase.RUNNING);
    assertThat(of(ended).getFirst().phase()).isEqualTo(FoundContainer.Phase.EXITED);
    assertThat(stranger.list()).isEmpty();
  }

  @Test
  void keepsHostileNamesApart() {
    String id = owner().objectId();
    List<ContainerOwner> hostile = new ArrayList<>();
    for (String[] names :
        new String[][] {{"a-b", "c"}, {"a", "b-c"}, {"../../etc", "\"};DROP\n"}, {"ä ö", "🙂=,"}}) {
      ContainerOwner owner = new ContainerOwner(names[0], names[1], id, "node 1", 0);
      owners.add(owner.key());
      hostile.add(owner);
    }
    for (ContainerOwner owner : hostile) {
      engine.start(program(owner, "serve").build());
    }
    for (ContainerOwner owner : hostile) {
      assertThat(of(owner)).hasSize(1);
      assertThat(of(owner).getFirst().owner()).contains(owner);
    }
  }

  // Inside.

  @Test
  void freezesAndResumes() throws Exception {
    StartedContainer container = serving("serve");
    engine.pause(container.id());
    engine.pause(container.id());
    assertThat(engine.inspect(container.id())).isInstanceOf(ContainerState.Paused.class);
    CompletableFuture<String> answer = async(() -> get(container, "/"));
    assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    engine.resume(container.id());
    engine.resume(container.id());
    assertThat(join(answer)).isEqualTo("ok\n");
  }

  @Test
  void stopsAndDestroysFrozenContainers() {
    StartedContainer stopped = serving("trap", "5");
    engine.pause(stopped.id());
    assertThat(engine.stop(stopped.id(), Duration.ofSeconds(30)))
        .isEqualTo(new ExitReason.Exited(5));
    StartedContainer destroyed = serving("serve");
    engine.pause(destroyed.id());
    engine.destroy(destroyed.id());
    assertThat(engine.inspect(destroyed.id())).isInstanceOf(ContainerState.Gone.class);
  }

  @Test
  void freezesNothingThatDoesNotRun() {
    StartedContainer container = started("exit", "0");
    engine.awaitExit(container.id());
    assertThatThrownBy(() -> engine.pause(container.id()))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
    assertThatThrownBy(() -> engine.resume(container.id()))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
    assertThatThrownBy(() -> engine.stats(container.id()))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
    assertThatThrownBy(() -> engine.exec(container.id(), ExecRequest.of("true")))
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_RUNNING));
  }

  @Test
  void runsACommandInside() {
    StartedContainer container = serving("serve");
    ExecResult result =
        engine.exec(container.id(), ExecRequest.of("sh", "-c", "echo out; echo err >&2; exit 7"));
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.stdoutText()).isEqualTo("out\n");
    assertThat(result.stderrText()).isEqualTo("err\n");
    assertThat(result.output()).isEqualTo(ExecResult.Output.COMPLETE);
  }

  // Commands with open streams.

  private ExecContract commands() {
    return new ExecContract(engine, started("serve").id());
  }

  @Test
  void tellsWhatACommandWroteAndHowItEnded() {
    commands().tellsWhatItWroteAndHowItEnded();
  }

  @Test
  void readsWhatIsWrittenToACommandUntilThatIsClosed() throws Exception {
    commands().readsWhatIsWrittenUntilThatIsClosed();
  }

  @Test
  void aCommandWaitsWhileNobodyReadsWhatItWrites() throws Exception {
    commands().waitsWhileNobodyReads();
  }

  @Test
  void killsACommandAndNothingElse() {
    commands().killsItAndNothingElse();
  }

  @Test
  void runsACommandAsAskedFor() {
    commands().runsAsAskedFor();
  }

  @Test
  void combinesOrIgnoresTheOutputsOfACommand() {
    commands().combinesOrIgnoresOutputs();
  }

  @Test
  void givesACommandATerminalThatCanBeResized() throws Exception {
    commands().hasATerminalThatCanBeResized();
  }

  @Test
  void aCommandEndsWithItsContainer() {
    commands().endsWithItsContainer();
  }

  @Test
  void saysWhyACommandCannotRun() {
    commands().saysWhyItCannotRun();
  }

  @Test
  void countsWhatAContainerUses() throws Exception {
    StartedContainer container = serving("serve");
    Assumptions.assumeTrue(countsUse(), "the engine has no figures on this machine");
    ContainerStats stats = engine.stats(container.id());
    assertThat(stats.cpuMicros()).isPositive();
    assertThat(stats.memoryBytes()).isPositive();
    assertThat(stats.processes()).isPositive();
  }

  @Test
  void showsTheLastLinesOfTheLog() {
    StartedContainer container = started("exit", "3");
    engine.awaitExit(container.id());
    eventually().until(() -> engine.logs(container.id(), 1).equals("leaving with 3\n"));
  }

  @Test
  void followsTheLogUntilTheContainerEnds() throws Exception {
    StartedContainer container = serving("trap", "5");
    try (InputStream log = engine.follow(container.id(), 100)) {
      CompletableFuture<String> read =
          async(() -> new String(log.readAllBytes(), StandardCharsets.UTF_8));
      engine.stop(container.id(), Duration.ofSeconds(30));
      assertThat(join(read)).contains("got SIGTERM");
    }
    try (InputStream log = engine.follow(container.id(), 100)) {
      assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8)).contains("got SIGTERM");
    }
    engine.destroy(container.id());
    try (InputStream log = engine.follow(container.id(), 100)) {
      assertThat(log.readAllBytes()).isEmpty();
    }
  }

  @Test
  void aFollowerThatStopsReadingIsLetGo() throws Exception {
    StartedContainer container = serving("serve");
    InputStream log = engine.follow(container.id(), 10);
    log.close();
    assertThat(log.read()).isEqualTo(-1);
  }

  @Test
  void letsNoImageGoThatAContainerUses() {
    StartedContainer _ = serving("serve");
    assertThat(engine.removeImage(image())).isFalse();
    assertThat(engine.imagePresent(image())).isTrue();
    assertThat(engine.removeImage("holdfast-test/never-built:1")).isTrue();
  }

  @Test
  void knowsItsImages() {
    assertThat(engine.imagePresent(image())).isTrue();
    assertThat(engine.imagePresent("holdfast-test/never-built:1")).isFalse();
    assertThat(engine.images().stream().map(EngineImage::references))
        .anyMatch(names -> names.contains(image()));
  }

  // HTTP.

  @Test
  void saysThatNothingListensOnAPort() {
    StartedContainer container = serving("serve");
    assertThatThrownBy(() -> http.fetch(container.endpoint(8099), Request.get("/")))
        .hasMessage("Container is not listening to port 8099")
        .satisfies(e -> assertCode(e, ErrorCode.CONTAINER_NOT_LISTENING));
  }

  @Test
  void streamsBothWaysWithoutHoldingTheBody() throws Exception {
    StartedContainer container = started("echo");
    awaitReady(container, 8081);
    Body body = Body.of(new Counting(LARGE), LARGE);
    Response response = http.fetch(container.endpoint(8081), Request.post("/", body));
    assertThat(response.body().length()).hasValue(LARGE);
    try (InputStream in = response.body().stream()) {
      assertThat(Counting.matches(in, LARGE)).isTrue();
    }
  }

  @Test
  void goesOnAfterAClientThatClosesEarly() throws Exception {
    StartedContainer container = started("echo");
    awaitReady(container, 8081);
    for (int i = 0; i < 3; i++) {
      Response response =
          http.fetch(
              container.endpoint(8081), Request.post("/", Body.of(new Counting(LARGE), LARGE)));
      try (InputStream in = response.body().stream()) {
        assertThat(in.readNBytes(1_000)).hasSize(1_000);
      }
    }
    eventually().until(() -> http.underWay() == 0);
    Response small =
        http.fetch(container.endpoint(8081), Request.post("/", Body.of("still there")));
    assertThat(small.body().text()).isEqualTo("still there");
  }

  @Test
  void failsARequestWhoseContainerIsKilled() throws Exception {
    StartedContainer container = started("echo");
    awaitReady(container, 8081);
    Response response =
        http.fetch(
            container.endpoint(8081), Request.post("/", Body.of(new Counting(LARGE), LARGE)));
    InputStream in = response.body().stream();
    assertThat(in.readNBytes(1_000)).hasSize(1_000);
    killByHand(container.id());
    assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
  }

  /// Bytes that show when one is missing, made as they are read.
  private static final class Counting extends InputStream {
    private final long length;
    private long at;

    Counting(long length) {
      this.length = length;
    }

    @Override
    public int read() {
      return at == length ? -1 : (int) (at++ % 251);
    }

    @Override
    public int read(byte[] bytes, int offset, int count) {
      int read = (int) Math.min(count, length - at);
      for (int i = 0; i < read; i++) {
        bytes[offset + i] = (byte) (at++ % 251);
      }
      return read == 0 && count > 0 ? -1 : read;
    }

    static boolean matches(InputStream in, long length) throws IOException {
      Counting expected = new Counting(length);
      byte[] chunk = new byte[65_536];
      int count;
      while ((count = in.read(chunk)) >= 0) {
        for (int i = 0; i < count; i++) {
          if (expected.read() != (chunk[i] & 0xff)) {
            return false;
          }
        }
      }
      return expected.read() < 0;
    }
  }
}
