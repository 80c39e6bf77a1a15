package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.ContainerInspection;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.ReadyCheck;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// [Container] as an app author uses it, on the real supervisor and a fake engine.
class ContainerClassTest {
  private final ContainerFixture fixture = new ContainerFixture();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private Consumer<Box> settings = box -> {};
  private volatile Hook onStart = box -> {};
  private volatile Hook onExpired = Box::stop;
  private final FakeObject<Box> object =
      new FakeObject<>(fixture, "a", (ctx, env) -> new Box(ctx, env, this));

  /** What a hook of the class does. */
  private interface Hook {
    void run(Box box) throws Exception;
  }

  static final class Box extends Container {
    private final ContainerClassTest test;

    Box(ObjectContext ctx, Env env, ContainerClassTest test) {
      super(ctx, env);
      this.test = test;
      defaultPort = PORT;
      readyTimeout = Duration.ofSeconds(10);
      test.settings.accept(this);
    }

    ContainerHandle low() {
      return handle();
    }

    void abort() {
      throw ctx.abort("reset by the test");
    }

    void readyTimeout(Duration timeout) {
      readyTimeout = timeout;
    }

    void ports(List<Integer> ports) {
      requiredPorts = ports;
    }

    void port(int port) {
      defaultPort = port;
    }

    void health(String path) {
      healthPath = path;
    }

    void readyOn(ReadyCheck... checks) {
      readyOn = List.of(checks);
    }

    void sleepsAfter(Duration duration) {
      sleepAfter = duration;
    }

    void colored() {
      envVars = Map.of("COLOR", "red");
      entrypoint = List.of("/app", "serve");
    }

    @Override
    public void onStart() throws Exception {
      test.log.add("onStart");
      test.onStart.run(this);
    }

    @Override
    public void onStop(ContainerExit exit) {
      test.log.add("onStop " + exit.exitCode());
    }

    @Override
    public void onError(Exception error) throws Exception {
      test.log.add("onError " + ((HoldfastException) error).code().code());
      super.onError(error);
    }

    @Override
    public void onActivityExpired() throws Exception {
      test.log.add("onActivityExpired");
      test.onExpired.run(this);
    }
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<Response> fetch(Request request) {
    return object.event(box -> box.fetch(request));
  }

  private CompletableFuture<Response> fetch() {
    return fetch(Request.get("http://x/"));
  }

  private Optional<Response> fetchIfRunning() {
    return get(object.event(box -> box.fetchIfRunning(Request.get("http://x/"), PORT)));
  }

  private static String text(CompletableFuture<Response> response) {
    return get(response).body().text();
  }

  private ContainerSupervisor supervisor() {
    return object.supervisor();
  }

  // Starting.

  @Test
  void aRequestStartsTheContainerAndWaitsUntilItAnswers() {
    AtomicBoolean answers = new AtomicBoolean();
    fixture.engine.image(
        "app",
        container ->
            FakeHooks.later(() -> {
              awaitStatus(supervisor(), ContainerState.Status.RUNNING);
              answers.set(true);
              container.listen(PORT, exchange -> FakeProgram.answer(exchange, "ready"));
            }));
    assertThat(text(fetch())).isEqualTo("ready");
    assertThat(answers).isTrue();
    assertThat(log).containsExactly("onStart");
    assertThat(get(object.event(Box::state)).status()).isEqualTo(ContainerState.Status.HEALTHY);
  }

  @Test
  void fiftyFirstRequestsAtOnceMakeOneStart() {
    fixture.engine.startBlocksFor(Duration.ofMillis(50));
    List<CompletableFuture<Response>> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(fetch());
    }
    all.forEach(each -> assertThat(text(each)).isEqualTo("hello"));
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
    assertThat(log).containsExactly("onStart");
  }

  @ParameterizedTest
  @EnumSource(names = {"IMAGE_NOT_FOUND", "CONTAINER_START_FAILED", "CONTAINER_NO_CAPACITY"})
  void aFailedStartFailsAllWhoWaitedAndTheNextRequestTriesAgain(ErrorCode code) {
    fixture.engine.holdStarts();
    fixture.engine.startFails(code, "no such luck");
    List<CompletableFuture<Response>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(fetch());
    }
    // Only when each has had its turn do they wait for the same start.
    await("all to have begun").until(() -> object.begun.get() >= all.size());
    get(object.event(box -> true));
    fixture.engine.releaseStarts();
    all.forEach(each -> assertThat(fault(each).code()).isEqualTo(code));
    assertThat(log).containsExactly("onError " + code.code());
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void beyondMaxInstancesTheCallerHearsOfTheLimit() {
    for (int i = 0; i < 20; i++) {
      ContainerFixture.run(fixture.supervisor("box", "x" + i));
    }
    HoldfastException fault = fault(fetch());
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
    assertThat(fault).hasMessageContaining("maxInstances 20");
    fixture.supervisor("box", "x7").destroy();
    assertThat(text(fetch())).isEqualTo("hello");
  }

  @Test
  void anEngineThatIsAwayIsToldToTheCaller() {
    fixture.engine.goesDown();
    assertThat(fault(fetch()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    assertThat(text(fetch())).isEqualTo("hello");
  }

  @Test
  void anEngineThatGoesAwayWhileTheContainerIsStoppedIsToldToTheCaller() {
    assertThat(text(fetch())).isEqualTo("hello");
    fixture.engine.goesDown();
    CompletableFuture<Void> stop =
        ContainerFixture.async(() -> fixture.box().stop(Duration.ofSeconds(60)));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    assertThat(fault(fetch()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(fault(stop).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    assertThat(text(fetch())).isEqualTo("hello");
  }

  @Test
  void aContainerThatDiesWhileItStartsIsToldWithItsLog() {
    fixture.engine.image(
        "app",
        container -> {
          container.log("no config");
          container.exit(2);
        });
    assertThat(fault(fetch()))
        .hasMessageContaining("exit code 2")
        .hasMessageContaining("no config");
    await("onStop").until(() -> log.contains("onStop 2"));
    assertThat(log).containsExactlyInAnyOrder("onError container_start_failed", "onStop 2");
  }

  @Test
  void onErrorMayTellTheCallerSomethingElse() {
    fixture.engine.imageMissing("app");
    FakeObject<Container> other =
        new FakeObject<>(
            fixture,
            "b",
            (ctx, env) ->
                new Container(ctx, env) {
                  {
                    defaultPort = PORT;
                  }

                  @Override
                  public void onError(Exception error) {
                    throw new IllegalStateException("come back tomorrow");
                  }
                });
    CompletableFuture<Response> response = other.event(box -> box.fetch(Request.get("http://x/")));
    assertThat(response)
        .failsWithin(ContainerFixture.DEADLINE)
        .withThrowableThat()
        .withRootCauseInstanceOf(IllegalStateException.class)
        .withMessageContaining("come back tomorrow");
  }

  @Test
  void aPortThatNeverAnswersIsToldAndTheContainerIsKept() {
    settings = box -> box.readyTimeout(Duration.ofMillis(50));
    fixture.engine.image("app", container -> {});
    assertThat(fault(fetch()).code()).isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING);
    assertThat(log).containsExactly("onError container_not_listening");
    assertThat(supervisor().running()).isTrue();
    fixture.boxContainer().listen(PORT, exchange -> FakeProgram.answer(exchange, "at last"));
    assertThat(text(fetch())).isEqualTo("at last");
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(log).containsExactly("onError container_not_listening", "onStart");
  }

  @Test
  void onStartRunsOncePerStartBeforeTheFirstRequest() {
    List<String> seen = new CopyOnWriteArrayList<>();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              String path = exchange.getRequestURI().getPath();
              if (!path.equals("/")) {
                seen.add(path);
              }
              FakeProgram.answer(exchange, path);
            }));
    onStart = box -> box.low().port(PORT).fetch(Request.get("http://x/prepare")).body().text();
    List<CompletableFuture<Response>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(fetch(Request.get("http://x/work")));
    }
    all.forEach(ContainerFixture::get);
    assertThat(seen).hasSize(11).startsWith("/prepare", "/work");
    get(
        object.event(box -> {
          box.destroy();
          return true;
        }));
    get(fetch(Request.get("http://x/work")));
    assertThat(seen.subList(11, 13)).containsExactly("/prepare", "/work");
  }

  @Test
  void onStartMayUseTheContainerInTheUsualWay() {
    onStart =
        box -> assertThat(box.containerFetch(Request.get("http://x/")).body().text()).isNotNull();
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(log).containsExactly("onStart");
    assertThat(object.instances).hasValue(1);
  }

  @Test
  void anOnStartThatFailsEndsTheContainerAndTheNextRequestStartsAnew() {
    AtomicInteger calls = new AtomicInteger();
    onStart =
        box -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("cannot restore");
          }
        };
    CompletableFuture<Response> waiting = fetch();
    assertThat(fault(waiting).code()).isEqualTo(ErrorCode.OBJECT_RESET);
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(calls).hasValue(2);
    assertThat(fixture.engine.created()).isEqualTo(2);
    assertThat(object.instances).hasValue(2);
  }

  @Test
  void startAndWaitForPortsWaitsForAllOfThem() {
    settings = box -> box.ports(List.of(PORT, PORT + 1));
    fixture.engine.image("app", FakeProgram.serving(PORT, "first"));
    CompletableFuture<Boolean> started =
        object.event(box -> {
          box.startAndWaitForPorts();
          return true;
        });
    awaitStatus(supervisor(), ContainerState.Status.HEALTHY);
    assertThat(started).isNotDone();
    fixture.boxContainer().listen(PORT + 1, exchange -> FakeProgram.answer(exchange, "second"));
    get(started);
  }

  @Test
  void startWaitsForTheProcessOnly() {
    fixture.engine.image("app", container -> {});
    get(
        object.event(box -> {
          box.start();
          return true;
        }));
    assertThat(supervisor().running()).isTrue();
    assertThat(log).containsExactly("onStart");
  }

  @Test
  void startPassesTheFieldsOn() {
    settings = Box::colored;
    get(fetch());
    FakeContainer container = fixture.boxContainer();
    assertThat(container.spec().env()).containsEntry("COLOR", "red");
    assertThat(container.spec().entrypoint()).containsExactly("/app", "serve");
  }

  @Test
  void givenOptionsComeBeforeTheFields() {
    get(
        object.event(box -> {
          box.startAndWaitForPorts(
              StartOptions.DEFAULT.env(Map.of("COLOR", "blue")), List.of(PORT));
          return true;
        }));
    assertThat(fixture.boxContainer().spec().env()).containsEntry("COLOR", "blue");
  }

  // Ports and readiness.

  @Test
  void withoutDefaultPortTheCallerIsToldWhatToSet() {
    settings = box -> box.port(0);
    HoldfastException fault = fault(fetch());
    assertThat(fault.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(fault)
        .hasMessage(
            "No port configured for this container. Set the `defaultPort` in your Container"
                + " subclass, or specify a port when calling containerFetch().");
    assertThat(fixture.engine.created()).isZero();
  }

  @Test
  void switchPortChoosesThePortAndItsHeaderStaysHere() {
    AtomicBoolean leaked = new AtomicBoolean();
    fixture.engine.image(
        "app",
        container -> {
          container.listen(PORT, exchange -> FakeProgram.answer(exchange, "default"));
          container.listen(
              9000,
              exchange -> {
                leaked.set(exchange.getRequestHeaders().containsKey(Container.TARGET_PORT_HEADER));
                FakeProgram.answer(exchange, "other");
              });
        });
    assertThat(text(fetch(Container.switchPort(Request.get("http://x/"), 9000))))
        .isEqualTo("other");
    assertThat(leaked).isFalse();
    assertThat(text(fetch())).isEqualTo("default");
  }

  @Test
  void aPortThatIsNoNumberOrOutOfRangeIsRefusedBeforeAnythingStarts() {
    Request wrong = Request.get("http://x/").withHeader(Container.TARGET_PORT_HEADER, "http");
    assertThat(fault(fetch(wrong)).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fault(fetch(Container.switchPort(Request.get("http://x/"), 0))).code())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fixture.engine.created()).isZero();
  }

  @Test
  void theHealthPathDecidesWhenItIsReady() {
    settings = box -> box.health("/health");
    AtomicBoolean healthy = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              if (exchange.getRequestURI().getPath().equals("/health")) {
                asked.incrementAndGet();
                exchange.sendResponseHeaders(healthy.get() ? 204 : 503, -1);
                exchange.close();
              } else {
                FakeProgram.answer(exchange, "healthy " + healthy.get());
              }
            }));
    CompletableFuture<Response> response = fetch();
    await("some probes").until(() -> asked.get() > 3);
    assertThat(response).isNotDone();
    healthy.set(true);
    assertThat(text(response)).isEqualTo("healthy true");
  }

  private static void answer(HttpExchange exchange, boolean well) throws IOException {
    exchange.sendResponseHeaders(well ? 204 : 503, -1);
    exchange.close();
  }

  @Test
  void aRequestWaitsUntilEachCheckHoldsAndTheNextOneDoesNotAskAgain() {
    AtomicBoolean migrated = new AtomicBoolean();
    AtomicBoolean warm = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger tested = new AtomicInteger();
    settings =
        box ->
            box.readyOn(
                ReadyCheck.portResponding(PORT),
                ReadyCheck.pathHealthy(PORT, "/migrated"),
                ReadyCheck.until(container -> {
                  if (tested.incrementAndGet() == 1) {
                    throw new IOException("not there yet");
                  }
                  return warm.get()
                      && container.port(PORT).fetch(Request.get("http://x/")).status() == 200;
                }));
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              if (exchange.getRequestURI().getPath().equals("/migrated")) {
                asked.incrementAndGet();
                answer(exchange, migrated.get());
              } else {
                FakeProgram.answer(exchange, "ready");
              }
            }));
    CompletableFuture<Response> response = fetch();
    await("some probes").until(() -> asked.get() > 3);
    assertThat(tested).as("checks go in order").hasValue(0);
    migrated.set(true);
    await("some tests").until(() -> tested.get() > 2);
    assertThat(response).isNotDone();
    assertThat(log).isEmpty();
    warm.set(true);
    assertThat(text(response)).isEqualTo("ready");
    assertThat(log).containsExactly("onStart");
    int before = tested.get();
    assertThat(text(fetch())).isEqualTo("ready");
    assertThat(tested).hasValue(before);
  }

  @Test
  void aCheckThatNeverHoldsIsToldAndTheContainerIsKept() {
    settings =
        box -> {
          box.readyTimeout(Duration.ofMillis(300));
          box.readyOn(ReadyCheck.until(container -> false));
        };
    HoldfastException fault = fault(fetch());
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING);
    assertThat(fault).hasMessageContaining("300 ms").hasMessageContaining("readyOn");
    assertThat(log).containsExactly("onError container_not_listening");
    assertThat(supervisor().running()).isTrue();
  }

  @Test
  void aContainerThatEndsWhileItIsCheckedIsTold() {
    AtomicInteger tested = new AtomicInteger();
    settings =
        box ->
            box.readyOn(
                ReadyCheck.until(container -> {
                  if (tested.incrementAndGet() == 2) {
                    fixture.boxContainer().exit(4);
                  }
                  return false;
                }));
    HoldfastException fault = fault(fetch());
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_START_FAILED);
    assertThat(fault).hasMessageContaining("code 4");
    assertThat(tested.get()).isLessThan(10);
  }

  @Test
  void startDoesNotWaitForChecks() {
    settings = box -> box.readyOn(ReadyCheck.until(container -> false));
    get(
        object.event(box -> {
          box.start();
          return true;
        }));
    assertThat(log).containsExactly("onStart");
  }

  @Test
  void waitForPortTellsOfACrashAfterOnError() {
    fixture.engine.image("app", container -> {});
    get(
        object.event(box -> {
          box.start();
          return true;
        }));
    CompletableFuture<Boolean> waiting =
        object.event(box -> {
          box.waitForPort(PORT, Duration.ofSeconds(10));
          return true;
        });
    fixture.boxContainer().log("no more memory");
    fixture.boxContainer().exit(9);
    HoldfastException fault = fault(waiting);
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_START_FAILED);
    assertThat(fault).hasMessageContaining("no more memory");
    assertThat(log).contains("onError container_start_failed");
  }

  @Test
  void waitForPortDoesNotStartAnything() {
    HoldfastException fault =
        fault(
            object.event(box -> {
              box.waitForPort(PORT, Duration.ofSeconds(10));
              return true;
            }));
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    assertThat(fixture.engine.created()).isZero();
  }

  // What it was made of, and why it ended.

  @Test
  void inspectTellsLabelsAndImageWhileItRuns() {
    assertThat(get(object.event(Box::inspect))).isEmpty();
    get(
        object.event(box -> {
          box.start(StartOptions.DEFAULT.labels(Map.of("team", "a")));
          return true;
        }));
    assertThat(get(object.event(Box::inspect)))
        .contains(new ContainerInspection(Map.of("team", "a"), "app"));
    get(
        object.event(box -> {
          box.low().setLabels(Map.of("team", "b"));
          return true;
        }));
    assertThat(get(object.event(Box::inspect)).orElseThrow().labels()).containsEntry("team", "b");

    fixture.restartsNode();
    fixture.host.open();
    assertThat(supervisor().inspect().orElseThrow().labels()).containsEntry("team", "b");
  }

  @Test
  void inspectTellsNothingOfAContainerWhoseStartFails() {
    fixture.engine.imageMissing("app");
    fixture.engine.startBlocksFor(Duration.ofMillis(300));
    CompletableFuture<Optional<ContainerInspection>> inspected =
        object.event(box -> {
          box.low().start(StartOptions.DEFAULT);
          return box.low().inspect();
        });
    assertThat(get(inspected)).isEmpty();
  }

  @Test
  void whoMonitorsGetsTheErrorThatItWasDestroyedFor() {
    get(fetch());
    CompletableFuture<ContainerExit> end = object.event(box -> box.low().monitor());
    get(
        object.event(box -> {
          box.low().destroy(new IllegalStateException("out of credit"));
          return box.low().running();
        }));
    assertThat(end)
        .failsWithin(ContainerFixture.DEADLINE)
        .withThrowableThat()
        .havingRootCause()
        .isInstanceOf(IllegalStateException.class)
        .withMessage("out of credit");
  }

  @Test
  void readinessIsAskedOncePerRun() {
    AtomicInteger requests = new AtomicInteger();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              requests.incrementAndGet();
              FakeProgram.answer(exchange, "counted");
            }));
    for (int i = 0; i < 5; i++) {
      get(fetch());
    }
    assertThat(requests).hasValue(6);
    get(
        object.event(box -> {
          box.destroy();
          return true;
        }));
    get(fetch());
    assertThat(requests).hasValue(8);
  }

  @Test
  void aPortReadyInOneRunIsNotTakenForReadyInTheNext() {
    get(fetch());
    fixture.engine.image("app", container -> {});
    get(
        object.event(box -> {
          box.low().destroy();
          box.low().start(StartOptions.DEFAULT);
          return true;
        }));
    awaitStatus(supervisor(), ContainerState.Status.RUNNING);
    CompletableFuture<Response> response = fetch();
    fixture.boxContainer().listen(PORT, exchange -> FakeProgram.answer(exchange, "second run"));
    assertThat(text(response)).isEqualTo("second run");
  }

  @Test
  void aProgramThatStopsListeningAndComesBackIsWaitedFor() throws IOException {
    com.sun.net.httpserver.HttpServer[] server = new com.sun.net.httpserver.HttpServer[1];
    fixture.engine.image("app", container -> server[0] = serve(container, "first"));
    assertThat(text(fetch())).isEqualTo("first");
    server[0].stop(0);
    CompletableFuture<Response> response = fetch();
    server[0] = serve(fixture.boxContainer(), "second");
    assertThat(text(response)).isEqualTo("second");
    assertThat(fixture.engine.created()).isEqualTo(1);
    server[0].stop(0);
  }

  private static com.sun.net.httpserver.HttpServer serve(FakeContainer container, String text) {
    try {
      var server =
          com.sun.net.httpserver.HttpServer.create(
              new java.net.InetSocketAddress(container.address(), PORT), 0);
      server.createContext("/", exchange -> FakeProgram.answer(exchange, text));
      server.start();
      return server;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  // Stopping.

  @Test
  void aRequestWhileItStopsWaitsAndGetsAFreshContainer() {
    SlowProgram program = new SlowProgram();
    fixture.engine.image("app", program);
    CompletableFuture<Response> slow = fetch(Request.get("http://x/slow"));
    program.awaitEntered();
    CompletableFuture<Boolean> stop =
        object.event(box -> {
          box.stop();
          return true;
        });
    awaitStatus(supervisor(), ContainerState.Status.STOPPING);
    CompletableFuture<Response> late = fetch();
    get(object.event(box -> true));
    assertThat(late).isNotDone();
    program.release();
    assertThat(text(slow)).isEqualTo("slow");
    get(stop);
    assertThat(text(late)).isEqualTo("quick");
    assertThat(fixture.engine.created()).isEqualTo(2);
    await("onStop").until(() -> log.contains("onStop 0"));
    assertThat(log).containsExactlyInAnyOrder("onStart", "onStop 0", "onStart");
  }

  @Test
  void requestsAmongStopsAllGetTheirAnswer() {
    List<CompletableFuture<Response>> requests = new ArrayList<>();
    List<CompletableFuture<Boolean>> stops = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      requests.add(fetch());
      if (i % 10 == 5) {
        stops.add(
            object.event(box -> {
              box.stop();
              return true;
            }));
      }
    }
    requests.forEach(each -> assertThat(text(each)).isEqualTo("hello"));
    stops.forEach(ContainerFixture::get);
  }

  @Test
  void aRequestToAContainerThatHasJustDiedGetsAFreshOne() {
    get(fetch());
    fixture.engine.goesDown();
    fixture.boxContainer().exit(1);
    assertThat(supervisor().running()).isTrue();
    CompletableFuture<Response> response = fetch();
    fixture.engine.comesBack();
    assertThat(text(response)).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  @Test
  void anIdleContainerIsPutToSleepOnceAndWokenByTheNextRequest() {
    get(fetch());
    supervisor().inactivityTimeout(Duration.ofMillis(100));
    await("onStop").until(() -> log.contains("onStop 143"));
    assertThat(log).containsExactly("onStart", "onActivityExpired", "onStop 143");
    assertThat(supervisor().state().status()).isEqualTo(ContainerState.Status.STOPPED);
    assertThat(text(fetch())).isEqualTo("hello");
  }

  @Test
  void theStateCanBeFetchedBeforeItSleeps() {
    AtomicInteger saved = new AtomicInteger();
    onExpired =
        box -> {
          Optional<Response> state = box.fetchIfRunning(Request.get("http://x/state"), PORT);
          assertThat(state.orElseThrow().body().text()).isEqualTo("hello");
          saved.incrementAndGet();
          box.stop();
        };
    get(fetch());
    supervisor().inactivityTimeout(Duration.ofMillis(100));
    await("onStop").until(() -> log.contains("onStop 143"));
    assertThat(saved).hasValue(1);
  }

  @Test
  void fetchIfRunningNeverStartsAnything() {
    assertThat(fetchIfRunning()).isEmpty();
    get(fetch());
    assertThat(fetchIfRunning()).isPresent();
    fixture.boxContainer().onSignal(number -> {});
    CompletableFuture<Boolean> stop =
        object.event(box -> {
          box.low().stop(Duration.ofMinutes(1));
          return true;
        });
    awaitStatus(supervisor(), ContainerState.Status.STOPPING);
    assertThat(fetchIfRunning()).isEmpty();
    fixture.boxContainer().exit(0);
    get(stop);
    assertThat(fetchIfRunning()).isEmpty();
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void fetchIfRunningOfAStartingContainerWaitsForIt() {
    fixture.engine.holdStarts();
    CompletableFuture<Response> first = fetch();
    awaitStatus(supervisor(), ContainerState.Status.STARTING);
    CompletableFuture<Optional<Response>> second =
        object.event(box -> box.fetchIfRunning(Request.get("http://x/"), PORT));
    fixture.engine.releaseStarts();
    assertThat(get(second)).isPresent();
    get(first);
  }

  @Test
  void stopWhileItStartsFailsTheRequestAndTheNextOneStartsAnew() {
    fixture.engine.holdStarts();
    CompletableFuture<Response> first = fetch();
    awaitStatus(supervisor(), ContainerState.Status.STARTING);
    CompletableFuture<Boolean> stop =
        object.event(box -> {
          box.stop();
          return true;
        });
    awaitStatus(supervisor(), ContainerState.Status.STOPPING);
    fixture.engine.releaseStarts();
    get(stop);
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(fixture.containers()).isEqualTo(1);
  }

  @Test
  void theNextLifeOfTheObjectPreparesAContainerThatBootedTooSlowly() {
    settings = box -> box.readyTimeout(Duration.ofMillis(50));
    fixture.engine.image("app", container -> {});
    assertThat(fault(fetch()).code()).isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING);
    assertThat(fetchIfRunning()).isEmpty();
    CompletableFuture<Boolean> reset =
        object.event(box -> {
          box.abort();
          return true;
        });
    assertThat(fault(reset).code()).isEqualTo(ErrorCode.OBJECT_RESET);
    settings = box -> {};
    FakeProgram.serving(PORT, "hello").start(fixture.boxContainer());
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(log).containsExactly("onError container_not_listening", "onStart");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void theNextLifeOfTheObjectUsesTheContainerThatRuns() {
    get(fetch());
    CompletableFuture<Boolean> reset =
        object.event(box -> {
          box.abort();
          return true;
        });
    assertThat(fault(reset).code()).isEqualTo(ErrorCode.OBJECT_RESET);
    assertThat(text(fetch())).isEqualTo("hello");
    assertThat(object.instances).hasValue(2);
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(log).containsExactly("onStart");
  }
}
