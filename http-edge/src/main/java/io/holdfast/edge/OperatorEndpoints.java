package io.holdfast.edge;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Response;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/// `/healthz`, `/readyz` and `/metrics`.
final class OperatorEndpoints {
  static final Duration CHECK_TIMEOUT = Duration.ofSeconds(2);
  private static final PrometheusTextFormatWriter TEXT =
      PrometheusTextFormatWriter.builder().build();
  private static final Headers PLAIN =
      Headers.of("content-type", "text/plain; charset=utf-8", "cache-control", "no-store");
  private static final Headers JSON =
      Headers.of("content-type", "application/json", "cache-control", "no-store");

  private final List<ReadinessCheck> checks;
  private final PrometheusRegistry registry;
  private final EdgeConfig.MetricsAccess metricsAccess;
  private final ServiceApi serviceApi;
  private final BooleanSupplier draining;

  OperatorEndpoints(
      EdgeServices services, EdgeConfig config, ServiceApi serviceApi, BooleanSupplier draining) {
    this.checks = services.readiness();
    this.registry = services.registry();
    this.metricsAccess = config.metricsAccess();
    this.serviceApi = serviceApi;
    this.draining = draining;
  }

  /// Never blocks.
  void handle(Exchange exchange) {
    RequestHead head = exchange.head();
    if (!head.method().equals("GET") && !head.method().equals("HEAD")) {
      exchange.answer(
          ErrorReply.of(
                  ErrorCode.METHOD_NOT_ALLOWED,
                  "expected GET or HEAD, found " + head.method(),
                  exchange.requestId())
              .withHeader("allow", "GET, HEAD"));
      return;
    }
    switch (head.path()) {
      case "/healthz" -> exchange.answer(Response.of(200, PLAIN, Body.of("ok\n")));
      case "/readyz" -> onVirtualThread(exchange, this::readiness);
      default -> metrics(exchange);
    }
  }

  private interface Answer {
    Response get() throws Exception;
  }

  private static void onVirtualThread(Exchange exchange, Answer answer) {
    Thread.ofVirtual()
        .name("edge-operator")
        .start(() -> {
          try {
            exchange.answer(answer.get());
          } catch (Exception e) {
            exchange.fail(e);
          }
        });
  }

  private void metrics(Exchange exchange) {
    boolean open = metricsAccess == EdgeConfig.MetricsAccess.ANYONE;
    if (open || serviceApi.authorized(exchange.head())) {
      onVirtualThread(exchange, this::metricsText);
    } else {
      exchange.answer(serviceApi.unauthorized(exchange));
    }
  }

  private Response metricsText() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(16 * 1024);
    TEXT.write(text, registry.scrape());
    return Response.of(
        200,
        Headers.of("content-type", PrometheusTextFormatWriter.CONTENT_TYPE),
        Body.of(text.toByteArray()));
  }

  private Response readiness() throws InterruptedException {
    List<CompletableFuture<Optional<String>>> outcomes = new ArrayList<>();
    for (ReadinessCheck check : checks) {
      outcomes.add(start(check));
    }
    boolean ready = !draining.getAsBoolean();
    StringBuilder json = new StringBuilder(128);
    append(json, "edge", ready ? "ok" : "shutting down");
    long deadline = System.nanoTime() + CHECK_TIMEOUT.toNanos();
    for (int i = 0; i < checks.size(); i++) {
      Optional<String> problem = outcome(outcomes.get(i), deadline - System.nanoTime());
      ready &= problem.isEmpty();
      append(json, checks.get(i).name(), problem.orElse("ok"));
    }
    String text = "{\"ready\":" + ready + ",\"checks\":{" + json + "}}\n";
    return Response.of(ready ? 200 : 503, JSON, Body.of(text));
  }

  private static CompletableFuture<Optional<String>> start(ReadinessCheck check) {
    CompletableFuture<Optional<String>> outcome = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("edge-readiness")
        .start(() -> {
          try {
            outcome.complete(check.problem());
          } catch (Throwable e) {
            outcome.completeExceptionally(e);
          }
        });
    return outcome;
  }

  private static Optional<String> outcome(
      CompletableFuture<Optional<String>> outcome, long timeoutNanos) throws InterruptedException {
    try {
      return outcome.get(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      return Optional.of("the check failed: " + ErrorReply.unwrapped(e));
    } catch (TimeoutException e) {
      return Optional.of("the check did not answer within " + CHECK_TIMEOUT.toMillis() + " ms");
    }
  }

  private static void append(StringBuilder json, String name, String outcome) {
    json.append(json.isEmpty() ? "" : ",");
    JsonText.append(json, name);
    json.append(':');
    JsonText.append(json, outcome);
  }
}
