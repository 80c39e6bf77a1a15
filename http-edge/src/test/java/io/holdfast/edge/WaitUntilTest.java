package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.Response;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WaitUntilTest {
  private final EdgeFixture edge = new EdgeFixture();
  private final CountDownLatch release = new CountDownLatch(1);
  private final CompletableFuture<String> outcome = new CompletableFuture<>();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private void start() {
    edge.app(
            "app",
            (_, _, ctx) -> {
              ctx.waitUntil(this::task);
              return Response.text("answered");
            },
            "/*")
        .start();
  }

  private Object task() throws InterruptedException {
    try {
      release.await();
      outcome.complete("done, virtual " + Thread.currentThread().isVirtual());
      return "ignored";
    } catch (InterruptedException e) {
      outcome.complete("interrupted");
      throw e;
    }
  }

  private double running() {
    return Metrics.value(edge.registry, "holdfast_edge_wait_until_tasks");
  }

  @Test
  void goesOnAfterTheResponse() throws Exception {
    start();
    assertThat(edge.get("/").body()).isEqualTo("answered");
    assertThat(running()).isEqualTo(1);
    release.countDown();
    assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo("done, virtual true");
    await().atMost(Duration.ofSeconds(10)).until(() -> running() == 0);
  }

  @Test
  void isInterruptedWhenItsTimeIsUp() throws Exception {
    edge.config("wait-until-timeout = 100 ms");
    start();
    edge.get("/");
    assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
    await().atMost(Duration.ofSeconds(10)).until(() -> running() == 0);
    assertThat(Metrics.value(edge.registry, "holdfast_edge_wait_until_interrupted_total"))
        .isEqualTo(1);
  }

  @Test
  void isRefusedWhenTooManyRun() throws Exception {
    edge.config("wait-until-tasks-max = 1");
    start();
    assertThat(edge.get("/").statusCode()).isEqualTo(200);
    assertThat(edge.get("/").body()).contains("node_overloaded");
    release.countDown();
    await().atMost(Duration.ofSeconds(10)).until(() -> running() == 0);
    assertThat(edge.get("/").statusCode()).isEqualTo(200);
  }

  @Test
  void isAwaitedAtShutdown() throws Exception {
    start();
    edge.get("/");
    CompletableFuture<Void> stopped =
        CompletableFuture.runAsync(
            () -> {
              try {
                edge.server().stop(Duration.ofSeconds(10));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            work -> Thread.ofVirtual().start(work));
    release.countDown();
    stopped.get(10, TimeUnit.SECONDS);
    assertThat(outcome).isCompletedWithValue("done, virtual true");
  }

  @Test
  void isInterruptedAtTheDeadlineOfShutdown() throws Exception {
    start();
    edge.get("/");
    edge.server().stop(Duration.ofMillis(50));
    assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
  }
}
