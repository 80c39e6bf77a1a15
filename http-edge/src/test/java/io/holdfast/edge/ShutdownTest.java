package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ShutdownTest {
  private final EdgeFixture edge = new EdgeFixture();
  private final CountDownLatch working = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private CompletableFuture<Void> stopping(Duration deadline) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            edge.server().stop(deadline);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  private Response slow() throws InterruptedException {
    working.countDown();
    release.await();
    return Response.text("finished");
  }

  @Test
  void finishesWhatIsInFlightAndTakesNothingNew() throws Exception {
    edge.app("app", (_, _, _) -> slow(), "/*").start();
    try (RawClient busy = edge.raw();
        RawClient idle = edge.raw()) {
      busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> stopped = stopping(Duration.ofSeconds(10));
      assertThat(idle.rest()).isEmpty();
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThatThrownBy(edge::raw).isInstanceOf(IOException.class));
      assertThat(stopped).isNotDone();
      release.countDown();
      assertThat(busy.head()).contains("Connection: close");
      assertThat(busy.rest()).isEqualTo("finished");
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void letsALargeResponseLeaveThoughItsClientIsSlow() throws Exception {
    String large = "x".repeat(20_000_000);
    edge.app("app", (_, _, _) -> Response.text(large), "/*").start();
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      CompletableFuture<Void> stopped = stopping(Duration.ofSeconds(10));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThatThrownBy(edge::raw).isInstanceOf(IOException.class));
      assertThat(client.rest()).hasSize(20_000_000);
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void awaitsTheEndOfAStreamedResponse() throws Exception {
    PipedOutputStream feed = new PipedOutputStream();
    InputStream source = new PipedInputStream(feed);
    edge.app("app", (_, _, _) -> Response.of(200, Headers.empty(), Body.of(source)), "/*").start();
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      CompletableFuture<Void> stopped = stopping(Duration.ofSeconds(10));
      feed.write(FakeGateway.utf8("end"));
      feed.close();
      assertThat(client.rest()).contains("end").endsWith("0\r\n\r\n");
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void endsEverythingAtTheDeadline() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    edge.app(
            "app",
            (_, _, _) -> {
              try {
                return slow();
              } catch (InterruptedException e) {
                interrupted.complete(true);
                throw e;
              }
            },
            "/*")
        .start();
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
      stopping(Duration.ofMillis(100)).get(10, TimeUnit.SECONDS);
      assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void isNotReadyWhileItStops() throws Exception {
    edge.app("app", (_, _, _) -> slow(), "/slow").start();
    try (RawClient busy = edge.raw();
        RawClient probe = edge.raw()) {
      busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
      probe.send("GET /readyz HTTP/1.1\r\n");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> Metrics.value(edge.registry, "holdfast_edge_connections") == 2);
      CompletableFuture<Void> stopped = stopping(Duration.ofSeconds(10));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThatThrownBy(edge::raw).isInstanceOf(IOException.class));
      probe.send("Host: h\r\n\r\n");
      assertThat(probe.head()).startsWith("HTTP/1.1 503");
      assertThat(probe.rest()).contains("\"edge\":\"shutting down\"");
      release.countDown();
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void canStartAgainOnTheSameRegistry() throws Exception {
    edge.start();
    edge.server().stop(Duration.ofSeconds(1));
    edge.start();
    assertThat(edge.get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void saysWhichAddressCannotBeBound() throws Exception {
    edge.start();
    try (EdgeFixture second = new EdgeFixture()) {
      assertThatThrownBy(() -> second.fixedPort(edge.port()).start())
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
          .hasMessageContaining("127.0.0.1:" + edge.port());
    }
  }

  @Test
  void refusesTwoAppsOnOneRoute() {
    edge.app("one", (_, _, _) -> Response.text("1"), "/x");
    edge.app("two", (_, _, _) -> Response.text("2"), "/x");
    assertThatThrownBy(edge::start).hasMessageContaining("found 'one' and 'two'");
  }
}
