package io.holdfast.testkit.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class TestEnvTest {
  interface Greeter {
    String greet(String whom);

    CompletableFuture<String> greetLater(String whom);
  }

  /// Implements the calls without the interface, as an object may.
  static final class English {
    private final String name;
    private int calls;

    English(String name) {
      this.name = name;
    }

    public String greet(String whom) {
      return name + " says hello to " + whom + ", call " + ++calls;
    }

    public String greetLater(String whom) {
      throw new IllegalArgumentException("not to " + whom);
    }

    public Response fetch(Request request) {
      return Response.text(request.path());
    }
  }

  private final TestEnv env =
      new TestEnv().objects("greeters", English::new).var("A", "1").secret("B", "2");

  @Test
  void aNameAlwaysReachesTheSameObject() {
    assertThat(greeter("ann").greet("you")).isEqualTo("ann says hello to you, call 1");
    assertThat(greeter("ann").greet("you")).isEqualTo("ann says hello to you, call 2");
    assertThat(greeter("bob").greet("you")).isEqualTo("bob says hello to you, call 1");
  }

  @Test
  void aCallUnderAKeyRunsOnce() {
    ObjectStub keyed = env.objects("greeters").getByName("ann").withIdempotencyKey("k");
    Greeter greeter = keyed.as(Greeter.class);
    assertThat(greeter.greet("you")).endsWith("call 1");
    assertThat(greeter.greet("you")).endsWith("call 1");
    assertThat(greeter("ann").greet("you")).endsWith("call 2");
    assertThatThrownBy(() -> greeter.greet("me"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.IDEMPOTENCY_MISMATCH));
    assertThatThrownBy(() -> keyed.send("greet", "you"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE));
  }

  @Test
  void aFutureFailsWithWhatTheObjectThrew() {
    assertThatThrownBy(() -> greeter("ann").greetLater("you").get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ObjectCallException.class)
        .hasMessageContaining("not to you");
  }

  @Test
  void fetchReachesTheObject() {
    Response response = env.objects("greeters").getByName("ann").fetch(Request.get("http://x/a/b"));
    assertThat(response.body().text()).isEqualTo("/a/b");
  }

  @Test
  void refusesWhatIsNotBound() {
    assertThat(env.var("A")).isEqualTo("1");
    assertThat(env.secret("B")).isEqualTo("2");
    assertThatThrownBy(() -> env.objects("nobody"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.NAMESPACE_NOT_FOUND));
    assertThatThrownBy(() -> env.fetch(Request.get("http://elsewhere/")))
        .hasMessageContaining("no answer set");
  }

  private Greeter greeter(String name) {
    return env.objects("greeters").getByName(name).as(Greeter.class);
  }
}
