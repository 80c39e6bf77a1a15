package io.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.app.TestEnv;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchWorkerTest {
  /// Answers its kind and name, and the URL it was sent.
  private static final class Echo {
    private final String who;

    Echo(String who) {
      this.who = who;
    }

    public Response fetch(Request request) {
      return Response.text(who + " " + request.url());
    }

    public void destroy() {}
  }

  private final TestEnv env =
      new TestEnv()
          .objects("obj", name -> new Echo("obj " + name))
          .objects("box", name -> new Echo("box " + name));

  @ParameterizedTest
  @CsvSource({
    "/hello, hello",
    "/echo/k1, obj k1 http://x/echo/k1",
    "/alarm/k1/2000, obj k1 http://x/alarm/k1/2000",
    "/c/k2/index.html, box k2 http://box/index.html",
    "/c/k2, box k2 http://box/",
    "/c/k2/__stop, stopped",
  })
  void leadsEachPathToItsObject(String path, String answer) {
    assertThat(get(path).body().text()).isEqualTo(answer);
  }

  @Test
  void refusesAPathWithoutAName() {
    assertThat(get("/echo").status()).isEqualTo(404);
  }

  private Response get(String path) {
    return new BenchWorker().fetch(Request.get("http://x" + path), env, env.execution());
  }
}
