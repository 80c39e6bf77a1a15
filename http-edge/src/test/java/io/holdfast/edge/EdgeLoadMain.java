package io.holdfast.edge;

import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.Response;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.function.Function;

/// A server to point `wrk` at: `edge` (a Worker that answers a constant) or `bare` (only Pekko
/// HTTP's own `bind`, as the mark to reach). Port 8787 unless `-Dholdfast.edge.port=…`.
public final class EdgeLoadMain {
  public static void main(String[] arguments) throws InterruptedException {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "load", ConfigFactory.load());
    EdgeConfig config = EdgeConfig.from(system.settings().config());
    if (arguments.length > 0 && arguments[0].equals("bare")) {
      bare(system, config);
    } else {
      System.out.println(EdgeServer.start(system, config, services()).address());
    }
    Thread.currentThread().join();
  }

  private static EdgeServices services() {
    EdgeApp app =
        new EdgeApp(
            "hello",
            List.of(Route.parse("/hello")),
            Optional.of((_, _, _) -> Response.text("Hello, world")),
            context -> new FakeEnv());
    FakeGateway gateway = new FakeGateway();
    return new EdgeServices(
        List.of(app),
        gateway,
        gateway,
        Optional.of(BearerToken.of("token")),
        List.of(),
        new PrometheusRegistry());
  }

  private static void bare(ActorSystem<Void> system, EdgeConfig config) {
    HttpResponse hello = HttpResponse.create().withEntity("Hello, world");
    Function<HttpRequest, CompletionStage<HttpResponse>> answer =
        _ -> CompletableFuture.completedFuture(hello);
    Http.get(system)
        .newServerAt(config.host(), config.port())
        .bind(answer)
        .toCompletableFuture()
        .join();
  }

  private EdgeLoadMain() {}
}
