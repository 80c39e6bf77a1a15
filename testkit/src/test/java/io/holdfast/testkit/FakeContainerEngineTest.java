package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.StartedContainer;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FakeContainerEngineTest extends ContainerEngineContract {
  private static final String IMAGE = "contract:latest";

  private final FakeContainerEngine world =
      new FakeContainerEngine().image(IMAGE, FakeContainerEngineTest::contract);

  @Override
  protected ContainerEngine open(Deployment deployment) {
    return world.another(deployment);
  }

  @Override
  protected String image() {
    return IMAGE;
  }

  @Override
  protected Deployment deployment() {
    return new Deployment("fake-contract");
  }

  @Override
  protected void killByHand(ContainerId id) {
    world.exits(id, 137);
  }

  @Override
  protected void removeByHand(ContainerId id) {
    world.vanishes(id);
  }

  @Override
  protected ContainerEngine openForgetful(Deployment deployment) {
    world.forgetsReply();
    return world.another(deployment);
  }

  /** The program of the contract's image. */
  private static void contract(FakeContainer container) {
    container.onExec(FakeContainerEngineTest::exec);
    container.command("sh", FakeContainerEngineTest::shell);
    container.command("cat", session -> copied(session));
    container.command("sleep", _ -> new CompletableFuture<Integer>().get());
    container.command("head", session -> zeros(session));
    List<String> arguments = container.spec().entrypoint();
    if (!arguments.getFirst().equals(PROGRAM)) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_START_FAILED, "no such program: " + arguments.getFirst());
    }
    switch (arguments.get(1)) {
      case "serve" -> serve(container);
      case "serve-late" ->
          CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS)
              .execute(() -> serve(container));
      case "exit" -> {
        container.log("leaving with " + arguments.get(2));
        container.exit(Integer.parseInt(arguments.get(2)));
      }
      case "trap" -> {
        serve(container);
        container.onSignal(_ -> {
          container.log("got SIGTERM");
          container.exit(Integer.parseInt(arguments.get(2)));
        });
      }
      case "ignore-term" -> {
        serve(container);
        container.onSignal(_ -> {});
      }
      case "echo" -> container.listen(8081, FakeContainerEngineTest::echo);
      default -> throw new IllegalArgumentException(arguments.toString());
    }
  }

  private static void serve(FakeContainer container) {
    container.listen(
        8080,
        exchange -> {
          switch (exchange.getRequestURI().getPath()) {
            case "/" -> FakeProgram.answer(exchange, "ok\n");
            case "/cgi-bin/env" ->
                FakeProgram.answer(
                    exchange,
                    container.spec().env().entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue() + "\n")
                        .collect(Collectors.joining()));
            default -> {
              exchange.sendResponseHeaders(404, -1);
              exchange.close();
            }
          }
        });
  }

  private static void echo(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(
        200, Long.parseLong(exchange.getRequestHeaders().getFirst("content-length")));
    exchange.getRequestBody().transferTo(exchange.getResponseBody());
    exchange.close();
  }

  private static ExecResult exec(ExecRequest request) {
    assertThat(request.command()).containsExactly("sh", "-c", "echo out; echo err >&2; exit 7");
    return new ExecResult(7, bytes("out\n"), bytes("err\n"), ExecResult.Output.COMPLETE);
  }

  private static int shell(FakeCommand.Session session) throws IOException {
    switch (session.command().get(2)) {
      case "echo out; echo err >&2; exit 7" -> {
        session.stdout().write(bytes("out\n"));
        session.stderr().write(bytes("err\n"));
        return 7;
      }
      case "pwd; echo $COLOR; id -u" ->
          session
              .stdout()
              .write(
                  bytes(
                      session.options().cwd().orElse("/")
                          + "\n"
                          + session.options().env().get("COLOR")
                          + "\n"
                          + session.options().user().orElse("0")
                          + "\n"));
      case "read line; stty size; read line; stty size" -> {
        int _ = session.stdin().read();
        session.stdout().write(bytes(size(session)));
        int _ = session.stdin().read();
        session.stdout().write(bytes(size(session)));
      }
      default -> throw new AssertionError("no such script: " + session.command());
    }
    return 0;
  }

  private static String size(FakeCommand.Session session) {
    return session.size().rows() + " " + session.size().cols() + "\r\n";
  }

  private static int copied(FakeCommand.Session session) throws IOException {
    session.stdin().transferTo(session.stdout());
    return 0;
  }

  private static int zeros(FakeCommand.Session session) throws IOException {
    session.stdout().write(new byte[Integer.parseInt(session.command().get(2))]);
    return 0;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // The knobs.

  private ContainerSpec serve() {
    return program(owner(), "serve").build();
  }

  @Test
  void failsTheNextStartAsToldAndNoFurther() {
    world.startFails(ErrorCode.CONTAINER_NO_CAPACITY, "full");
    assertThatThrownBy(() -> engine().start(serve())).hasMessage("full");
    assertThat(engine().start(serve()).address()).isPresent();
    assertThat(world.calls(Verb.START)).isEqualTo(2);
    assertThat(world.created()).isEqualTo(1);
  }

  @Test
  void holdsStartsUntilReleased() throws Exception {
    world.holdStarts();
    CompletableFuture<StartedContainer> start =
        CompletableFuture.supplyAsync(() -> engine().start(serve()));
    eventually().until(() -> world.calls(Verb.START) == 1);
    assertThat(start).isNotDone();
    world.releaseStarts();
    assertThat(start.get(5, TimeUnit.SECONDS).address()).isPresent();
  }

  @Test
  void goesDownAndComesBackWithItsContainers() throws Exception {
    StartedContainer container = engine().start(serve());
    CompletableFuture<ExitReason> exit =
        CompletableFuture.supplyAsync(() -> engine().awaitExit(container.id()));
    eventually().until(() -> world.calls(Verb.AWAIT_EXIT) == 1);
    world.goesDown();
    assertThatThrownBy(() -> engine().inspect(container.id()))
        .isInstanceOf(HoldfastException.class);
    world.exits(container.id(), 1);
    world.comesBack();
    assertThat(exit.get(5, TimeUnit.SECONDS)).isEqualTo(new ExitReason.Exited(1));
  }

  @Test
  void runsOutOfMemoryWhenTold() {
    StartedContainer container = engine().start(serve());
    world.runsOutOfMemory(container.id());
    assertThat(engine().awaitExit(container.id())).isEqualTo(new ExitReason.OutOfMemory(137));
    assertThat(engine().inspect(container.id())).isInstanceOf(ContainerState.Exited.class);
  }
}
