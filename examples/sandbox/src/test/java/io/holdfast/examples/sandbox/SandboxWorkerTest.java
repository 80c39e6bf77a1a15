package io.holdfast.examples.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.app.TestEnv;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxWorkerTest {
  /// Echoes scripts; the script `full` finds no capacity.
  private static final class Echo implements SandboxApi {
    @Override
    public RunResult run(String script) {
      if (script.equals("full")) {
        throw new HoldfastException(ErrorCode.CONTAINER_NO_CAPACITY, "20 of 20 containers run");
      }
      return new RunResult(7, 2, 3, script);
    }

    @Override
    public List<Run> history() {
      return List.of(new Run(7, 2, "2026-11-23T00:00:00Z", "x", Optional.empty(), ""));
    }

    @Override
    public StateCopy folder() {
      return new StateCopy("storage", new byte[] {1, 2, 3});
    }

    @Override
    public Status status() {
      return new Status("ab", "stopped", 2, 7, 3, Optional.empty());
    }
  }

  private final TestEnv env = new TestEnv().objects("sandboxes", name -> new Echo());

  @Test
  void answersWhatTheScriptPrinted() throws Exception {
    Response response = post("/sandbox/a/run", "echo hi");
    assertThat(response.body().text()).isEqualTo("echo hi");
    assertThat(response.header("x-exit-code")).contains("3");
    assertThat(response.header("x-container-life")).contains("2");
  }

  @Test
  void showsHistoryStateAndStatus() throws Exception {
    assertThat(get("/sandbox/a/history").body().text())
        .contains("\"number\":7", "\"exitCode\":null");
    assertThat(get("/sandbox/a/state").body().bytes()).containsExactly(1, 2, 3);
    assertThat(get("/sandbox/a/state").header("x-state-from")).contains("storage");
    assertThat(get("/sandbox/a/status").body().text()).contains("\"container\":\"stopped\"");
  }

  @Test
  void passesOnWhyAContainerCannotRun() throws Exception {
    assertThat(post("/sandbox/a/run", "full").body().text()).contains("20 of 20 containers run");
  }

  @Test
  void refusesNoScriptAndOneThatIsTooLong() throws Exception {
    assertThat(post("/sandbox/a/run", "").status()).isEqualTo(400);
    assertThat(post("/sandbox/a/run", "#".repeat(65_536)).status()).isEqualTo(200);
    assertThat(post("/sandbox/a/run", "#".repeat(65_537)).status()).isEqualTo(413);
  }

  @ParameterizedTest
  @CsvSource({
    "/sandbox/a, 404",
    "/sandbox/a/format, 404",
    "/sandbox/a%20b/run, 400",
    "/sandbox//run, 400"
  })
  void saysWhatPathsAndNamesThereAre(String path, int status) throws Exception {
    assertThat(post(path, "x").status()).isEqualTo(status);
  }

  @Test
  void namesTheMethodItWants() throws Exception {
    assertThat(get("/sandbox/a/run").header("allow")).contains("POST");
    assertThat(post("/sandbox/a/status", "x").status()).isEqualTo(405);
  }

  private Response get(String path) throws Exception {
    return new SandboxWorker().fetch(Request.get("http://x" + path), env, env.execution());
  }

  private Response post(String path, String body) throws Exception {
    return new SandboxWorker()
        .fetch(Request.post("http://x" + path, Body.of(body)), env, env.execution());
  }
}
