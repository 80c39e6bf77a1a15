package io.holdfast.examples.counter;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.app.TestEnv;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CounterWorkerTest {
  private static final class InMemory implements CounterApi {
    private long value;

    @Override
    public long increment(long by) {
      return value += by;
    }

    @Override
    public long value() {
      return value;
    }

    @Override
    public String where() {
      return "here";
    }

    @Override
    public List<Increment> log() {
      return List.of(new Increment(1, value, "2026-11-23T00:00:00Z"));
    }
  }

  private final TestEnv env = new TestEnv().objects("counters", name -> new InMemory());

  @Test
  void countsByNameAndStep() {
    assertThat(post("/counter/a/inc").body().text()).isEqualTo("{\"value\":1}");
    assertThat(post("/counter/a/inc?by=41").body().text()).isEqualTo("{\"value\":42}");
    assertThat(get("/counter/a/get").body().text()).isEqualTo("{\"value\":42}");
    assertThat(get("/counter/b/get").body().text()).isEqualTo("{\"value\":0}");
    assertThat(get("/counter/a/log").body().text()).contains("\"by\":42");
    assertThat(get("/counter/a/where?hint=weur").body().text()).isEqualTo("{\"region\":\"here\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x", "1.5", "", "1000001", "-9223372036854775808", "99999999999999999999"})
  void refusesAStepThatIsNoNumberInRange(String by) {
    Response response = post("/counter/a/inc?by=" + by);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body().text()).contains("found '" + by + "'");
    assertThat(get("/counter/a/get").body().text()).isEqualTo("{\"value\":0}");
  }

  @ParameterizedTest
  @CsvSource({"/counter/a/dec", "/counter/a", "/counter/a/inc/b", "/counter//inc"})
  void saysWhatPathsThereAre(String path) {
    assertThat(post(path).status()).isEqualTo(404);
  }

  @Test
  void namesTheMethodItWants() {
    Response response = get("/counter/a/inc");
    assertThat(response.status()).isEqualTo(405);
    assertThat(response.header("allow")).contains("POST");
    assertThat(post("/counter/a/get").header("allow")).contains("GET");
    assertThat(post("/counter/a/where").header("allow")).contains("GET");
  }

  private Response get(String path) {
    return new CounterWorker().fetch(Request.get("http://x" + path), env, env.execution());
  }

  private Response post(String path) {
    return new CounterWorker()
        .fetch(Request.post("http://x" + path, Body.empty()), env, env.execution());
  }
}
