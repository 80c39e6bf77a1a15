package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Response;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperatorEndpointsTest {
  private final EdgeFixture edge = new EdgeFixture();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private void check(String name, Supplier<Optional<String>> problem) {
    edge.checks.add(
        new ReadinessCheck() {
          @Override
          public String name() {
            return name;
          }

          @Override
          public Optional<String> problem() {
            return problem.get();
          }
        });
  }

  @Test
  void isAliveWithoutApps() throws Exception {
    edge.start();
    HttpResponse<String> response = edge.get("/healthz");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("ok\n");
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void winsOverTheRoutesOfApps() throws Exception {
    edge.app("greedy", (_, _, _) -> Response.text("app"), "/*").start();
    assertThat(edge.get("/healthz").body()).isEqualTo("ok\n");
    assertThat(edge.get("/x/../healthz").body()).isEqualTo("ok\n");
    assertThat(edge.get("/healthz2").body()).isEqualTo("app");
  }

  @Test
  void aNodeThatIsNoEdgeServesOperatorsOnly() throws Exception {
    edge.app("greedy", (_, _, _) -> Response.text("app"), "/*").forOperatorsOnly().start();
    assertThat(edge.get("/healthz").statusCode()).isEqualTo(200);
    assertThat(edge.get("/readyz").statusCode()).isEqualTo(200);
    for (String path : List.of("/", "/v1/objects/counter/a/fetch/")) {
      HttpResponse<String> refused = edge.get(path);
      assertThat(refused.statusCode()).as(path).isEqualTo(421);
      assertThat(refused.body())
          .contains("\"code\":\"not_an_edge\"")
          .contains("expected a request to an edge");
    }
  }

  @Test
  void isReadyWhenAllChecksAre() throws Exception {
    check("journal", Optional::empty);
    edge.start();
    HttpResponse<String> response = edge.get("/readyz");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .isEqualTo("{\"ready\":true,\"checks\":{\"edge\":\"ok\",\"journal\":\"ok\"}}\n");
  }

  @Test
  void saysWhichCheckFails() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    check("journal", () -> Optional.of("disk \"full\""));
    check(
        "engine",
        () -> {
          throw new IllegalStateException("no Docker");
        });
    check(
        "slow",
        () -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Optional.empty();
        });
    edge.start();
    HttpResponse<String> response = edge.get("/readyz");
    never.countDown();
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body())
        .contains("\"ready\":false", "\"journal\":\"disk \\\"full\\\"\"", "no Docker")
        .contains("\"slow\":\"the check did not answer within 2000 ms\"");
  }

  @Test
  void refusesToChangeAnything() throws Exception {
    edge.start();
    HttpResponse<String> response =
        edge.send(edge.request("/healthz").POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
  }

  @Test
  void countsByAppAndStatusClass() throws Exception {
    edge.app("shop", (r, _, _) -> Response.text(r.path().equals("/no") ? 404 : 200, "12345"), "/*");
    edge.start();
    edge.post("/yes", "123");
    edge.post("/yes", "123");
    edge.get("/no");
    edge.send(edge.request("/v1/objects/carts/a/rpc/m"));
    HttpResponse<String> response = edge.get("/metrics");
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    assertThat(response.body())
        .contains("holdfast_edge_requests_total{app=\"shop\",status=\"2xx\"} 2.0")
        .contains("holdfast_edge_requests_total{app=\"shop\",status=\"4xx\"} 1.0")
        .contains("holdfast_edge_requests_total{app=\"_service\",status=\"4xx\"} 1.0")
        .contains("holdfast_edge_received_bytes_total{app=\"shop\"} 6.0")
        .contains("holdfast_edge_sent_bytes_total{app=\"shop\"} 15.0")
        .contains("holdfast_edge_request_duration_seconds_count{app=\"shop\"} 3")
        .contains("holdfast_edge_request_duration_seconds_bucket{app=\"shop\",le=\"30.0\"} 3")
        .contains("holdfast_edge_requests_rejected_total{reason=\"unauthorized\"} 1.0")
        .contains("holdfast_edge_requests_in_flight 1.0")
        .contains("holdfast_edge_connections ");
  }

  @Test
  void hidesMetricsBehindTheTokenWhenToldSo() throws Exception {
    edge.config("metrics-need-token = on").start();
    assertThat(edge.get("/metrics").statusCode()).isEqualTo(401);
    assertThat(edge.send(edge.authorized("/metrics")).statusCode()).isEqualTo(200);
  }
}
