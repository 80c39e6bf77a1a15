package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ContainerSocket;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Commands and raw connections of a container.
class ContainerHoldsTest {
  private static final Duration SHORT = Duration.ofMillis(100);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void runBox() {
    run(fixture.box());
    fixture
        .boxContainer()
        .command(
            "cat",
            session -> {
              session.stdin().transferTo(session.stdout());
              return 0;
            });
    fixture.boxContainer().command("exit", session -> Integer.parseInt(session.command().get(1)));
  }

  private ContainerProcess cat() {
    return fixture.box().exec(List.of("cat"), ExecOptions.DEFAULT.stdin(ExecOptions.Input.PIPE));
  }

  private int idles() {
    return fixture.boxHooks().idles.get();
  }

  // ---- commands
  // --------------------------------------------------------------------------------------------------

  @Test
  void runsACommandInTheContainer() throws IOException {
    runBox();
    ContainerProcess cat = cat();
    cat.stdin().write("hello".getBytes(StandardCharsets.UTF_8));
    cat.stdin().close();
    assertThat(cat.output().stdoutText()).isEqualTo("hello");
    assertThat(fixture.box().exec(List.of("exit", "3"), ExecOptions.DEFAULT).exitCode())
        .isEqualTo(3);
  }

  @Test
  void refusesACommandWhenNothingRuns() {
    var refused = fault(() -> fixture.box().exec(List.of("cat"), ExecOptions.DEFAULT));
    assertThat(refused.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(refused).hasMessage("exec() cannot be called on a container that is not running.");
    runBox();
    fixture.box().destroy();
    assertThat(fault(() -> fixture.box().exec(List.of("cat"), ExecOptions.DEFAULT)).code())
        .isEqualTo(ErrorCode.WRONG_STATE);
  }

  @Test
  void aCommandWaitsForTheStartOfTheContainer() {
    fixture.engine.image("app", container -> container.command("exit", session -> 4));
    fixture.engine.holdStarts();
    ContainerFixture.order(fixture.box());
    CompletableFuture<Integer> code =
        async(() -> fixture.box().exec(List.of("exit"), ExecOptions.DEFAULT).exitCode());
    assertThat(code).isNotDone();
    fixture.engine.releaseStarts();
    assertThat(get(code)).isEqualTo(4);
  }

  @Test
  void doesNotSleepWhileACommandRuns() throws IOException {
    runBox();
    ContainerProcess cat = cat();
    fixture.box().inactivityTimeout(SHORT);
    cat.stdin().write(1);
    assertThat(cat.stdout().read()).isEqualTo(1);
    long until = System.nanoTime() + SHORT.multipliedBy(4).toNanos();
    while (System.nanoTime() < until) {
      assertThat(idles()).isZero();
      Thread.onSpinWait();
    }
    cat.stdin().close();
    assertThat(cat.exitCode()).isZero();
    await("it to fall asleep").until(() -> idles() > 0);
  }

  @Test
  void aCommandEndsWithTheContainerAndDoesNotHoldUpItsStop() {
    runBox();
    ContainerProcess cat = cat();
    long begun = System.nanoTime();
    fixture.box().stop(Duration.ofMinutes(10));
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
    assertThat(cat.exitCode()).isEqualTo(137);
  }

  @Test
  void aCommandOfAnObjectThatLeftMemoryNoLongerKeepsTheContainerAwake() {
    runBox();
    ContainerProcess cat = cat();
    fixture.box().inactivityTimeout(SHORT);
    fixture.host.left(ContainerFixture.address("box", "a"));
    await("it to fall asleep").until(() -> idles() > 0);
    // Its input was ended for it.
    assertThat(cat.exitCode()).isZero();
  }

  @Test
  void aNewLifeOfTheObjectLetsGoOfWhatTheOneBeforeHadOpen() {
    runBox();
    ContainerProcess cat = cat();
    fixture.box().objectArrives();
    assertThat(cat.exitCode()).isZero();
  }

  // ---- raw connections
  // ------------------------------------------------------------------------------------------

  /** Listens on a port of the box and gives the first connection to the server. */
  private void serve(int port, Server server) throws IOException {
    InetAddress address = fixture.boxContainer().address();
    ServerSocket listener = new ServerSocket(port, 5, address);
    Thread.ofVirtual()
        .start(() -> {
          try (listener;
              Socket socket = listener.accept()) {
            server.run(socket);
          } catch (IOException _) {
            // The client's view is what is looked at.
          }
        });
  }

  private interface Server {
    void run(Socket socket) throws IOException;
  }

  @Test
  void passesBytesBothWaysAndClosesOneDirectionAlone() throws IOException {
    runBox();
    serve(
        9000,
        socket -> {
          byte[] all = socket.getInputStream().readAllBytes();
          socket.getOutputStream().write(all.length);
          socket.getOutputStream().write(all);
        });
    try (ContainerSocket socket = fixture.box().connect(9000)) {
      socket.output().write("hello".getBytes(StandardCharsets.UTF_8));
      socket.output().close();
      assertThat(socket.input().read()).isEqualTo(5);
      assertThat(socket.input().readAllBytes()).asString().isEqualTo("hello");
    }
  }

  @Test
  void doesNotSleepWhileAConnectionIsOpen() throws IOException {
    runBox();
    serve(9000, socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    ContainerSocket socket = fixture.box().connect(9000);
    fixture.box().inactivityTimeout(SHORT);
    long until = System.nanoTime() + SHORT.multipliedBy(4).toNanos();
    while (System.nanoTime() < until) {
      assertThat(idles()).isZero();
      Thread.onSpinWait();
    }
    socket.close();
    await("it to fall asleep").until(() -> idles() > 0);
  }

  @Test
  void aConnectionEndsWithTheContainer() throws IOException {
    runBox();
    serve(
        9000,
        socket -> {
          int _ = socket.getInputStream().read();
        });
    ContainerSocket socket = fixture.box().connect(9000);
    CompletableFuture<Integer> read = async(() -> socket.input().read());
    fixture.box().destroy();
    assertThatThrownBy(() -> get(read)).hasCauseInstanceOf(IOException.class);
  }

  @Test
  void saysThatNothingListensOrRuns() {
    assertThat(fault(() -> fixture.box().connect(PORT)).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    runBox();
    var refused = fault(() -> fixture.box().connect(9001));
    assertThat(refused.code()).isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING);
    assertThat(refused).hasMessage("Container is not listening to port 9001");
  }
}
