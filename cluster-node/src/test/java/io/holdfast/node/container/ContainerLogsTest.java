package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.address;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.admin.ContainerAdmin.Following;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Logs as operators see them; of a container that is gone 1,000 bytes are kept, of all 2,500, and
/// two may follow.
class ContainerLogsTest {
  private final ContainerFixture fixture = new ContainerFixture();
  private final OperatorContainers operator =
      new OperatorContainers(
          fixture.host,
          new io.holdfast.protocol.ObjectGateway() {
            @Override
            public CompletableFuture<io.holdfast.sdk.Response> fetch(
                io.holdfast.protocol.ObjectAddress target,
                io.holdfast.sdk.Request request,
                io.holdfast.protocol.CallContext context) {
              throw new AssertionError("expected no request");
            }

            @Override
            public CompletableFuture<io.holdfast.protocol.RpcResult> invoke(
                io.holdfast.protocol.ObjectAddress target,
                io.holdfast.protocol.RpcCall call,
                io.holdfast.protocol.CallContext context) {
              assertThat(call.method()).isEqualTo("start");
              run(fixture.host.supervisor(target));
              return CompletableFuture.completedFuture(null);
            }

            @Override
            public CompletableFuture<String> move(
                ObjectAddress target, String region, CallContext context) {
              throw new UnsupportedOperationException();
            }

            @Override
            public int birthRegion(
                NamespaceId namespace,
                java.util.Optional<io.holdfast.protocol.Jurisdiction> jurisdiction) {
              return 0;
            }
          });

  @AfterEach
  void close() {
    fixture.close();
  }

  private void endsAfter(String name, String... lines) {
    run(fixture.supervisor("box", name));
    for (String line : lines) {
      fixture.container("box", name).log(line);
    }
    fixture.container("box", name).exit(0);
    fixture.awaitGone("box", name);
  }

  private String tail(String name, int lines) {
    return text(operator.logs(address("box", name), lines, Following.NO));
  }

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void showsTheLastLinesOfAContainerThatRuns() {
    run(fixture.box());
    fixture.boxContainer().log("one");
    fixture.boxContainer().log("two");
    assertThat(tail("a", 1)).isEqualTo("two\n");
    assertThat(tail("a", 0)).isEmpty();
  }

  @Test
  void keepsTheEndOfTheLogOfAContainerThatIsGone() {
    endsAfter("a", "one", "two", "three");
    assertThat(tail("a", 100)).isEqualTo("one\ntwo\nthree\n");
    assertThat(tail("a", 2)).isEqualTo("two\nthree\n");
    assertThat(tail("a", 0)).isEmpty();
    assertThat(tail("never", 10)).isEmpty();
  }

  @Test
  void keepsNoMoreThanTheStatedBytesAndNoHalfCharacters() {
    endsAfter("a", "é".repeat(600));
    assertThat(tail("a", 100)).isEqualTo("é".repeat(499) + "\n");
    endsAfter("b", "b".repeat(2_000));
    endsAfter("c", "c".repeat(400));
    assertThat(tail("a", 100)).as("2,399 bytes fit").isNotEmpty();
    endsAfter("d", "d".repeat(400));
    assertThat(tail("b", 100)).as("not looked at for the longest time").isEmpty();
    assertThat(tail("a", 100)).isNotEmpty();
  }

  @Test
  void nothingIsReadOfContainersThatNobodyLooksAt() {
    run(fixture.box());
    fixture.boxContainer().log("one");
    assertThat(fixture.engine.calls(Verb.LOGS)).isZero();
  }

  @Test
  void followsUntilTheContainerEnds() {
    run(fixture.box());
    fixture.boxContainer().log("before");
    // Once it has ended it may be gone before anybody asks.
    InputStream followed = operator.logs(address("box", "a"), 10, Following.YES);
    CompletableFuture<String> read = async(() -> text(followed));
    fixture.boxContainer().log("after");
    fixture.boxContainer().exit(0);
    assertThat(get(read)).isEqualTo("before\nafter\n");
  }

  @Test
  void aFollowerBeyondTheLimitIsRefusedUntilOneLeaves() throws IOException {
    run(fixture.box());
    InputStream first = operator.logs(address("box", "a"), 0, Following.YES);
    InputStream second = operator.logs(address("box", "a"), 0, Following.YES);
    assertThat(
            ContainerFixture.fault(() -> operator.logs(address("box", "a"), 0, Following.YES))
                .code())
        .isEqualTo(ErrorCode.NODE_OVERLOADED);
    first.close();
    first.close();
    operator.logs(address("box", "a"), 0, Following.YES).close();
    second.close();
  }

  // Containers.

  @Test
  void listsWhatRunsAndStopsAndRestartsIt() {
    run(fixture.box());
    run(fixture.supervisor("few", "b"));
    var entries = operator.list(java.util.Optional.empty());
    assertThat(entries).extracting(each -> each.namespace()).containsExactly("box", "few");
    var box = entries.getFirst();
    assertThat(box.app()).isEqualTo("test");
    assertThat(box.objectName()).contains("a");
    assertThat(box.status()).isEqualTo("running");
    assertThat(box.image()).contains("app");
    assertThat(box.instanceType()).contains("lite");
    assertThat(box.containerId()).contains(fixture.boxContainer().id().value());
    assertThat(operator.list(java.util.Optional.of("other"))).isEmpty();
    operator.restart(address("box", "a"));
    assertThat(fixture.engine.created()).isEqualTo(3);
    assertThat(fixture.boxHooks().ends).hasSize(1);
    operator.stop(address("box", "a"));
    await("the container to be gone").until(() -> !fixture.hasContainer("box", "a"));
    assertThat(operator.list(java.util.Optional.empty())).hasSize(1);
    assertThat(ContainerFixture.fault(() -> operator.stop(address("box", "a"))).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    assertThat(ContainerFixture.fault(() -> operator.restart(address("box", "none"))).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
  }
}
