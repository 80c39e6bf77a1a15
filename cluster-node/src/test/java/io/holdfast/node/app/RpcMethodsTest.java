package io.holdfast.node.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcCall.Encoding;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.TypeRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RpcMethodsTest {
  private final ValueCodec codec = new ValueCodec();

  interface Named {
    default String nickname() {
      return "nick";
    }

    String required();
  }

  record Point(int x, Optional<String> label) {}

  abstract static class Base<T> extends DurableObject {
    Base() {
      super(null, null);
    }

    public List<T> twice(T value) {
      return List.of(value, value);
    }

    public int count(List<T>[] groups) {
      return groups[0].hashCode();
    }

    public T overridden(T value) {
      return value;
    }

    public String inherited() {
      return "base";
    }
  }

  static class Everything extends Base<Point> implements Named, Comparable<Everything> {
    @Override
    public Response fetch(Request request) {
      return Response.status(204);
    }

    @Override
    public void alarm(AlarmInfo info) {}

    @Override
    public String toString() {
      return "not callable";
    }

    @Override
    public int hashCode() {
      return 1;
    }

    @Override
    public boolean equals(Object other) {
      return other == this;
    }

    @Override
    public int compareTo(Everything other) {
      return 0;
    }

    @Override
    public Point overridden(Point value) {
      return new Point(value.x() + 1, value.label());
    }

    @Override
    public String required() {
      return "here";
    }

    public static String isStatic() {
      return "";
    }

    protected void isProtected() {}

    void isPackagePrivate() {}

    public int add(int a) {
      return a;
    }

    public int add(int a, int b) {
      return a + b;
    }

    public void nothing() {}

    public String greet(Optional<String> name) {
      return "hello " + name.orElse("you");
    }

    public Optional<Point> find(String key) {
      return key.isEmpty() ? Optional.empty() : Optional.of(new Point(1, Optional.of(key)));
    }

    public int sum(List<Map<String, Integer>> rows) {
      return rows.stream().flatMap(row -> row.values().stream()).mapToInt(i -> i).sum();
    }

    public Duration until(Instant end) {
      return Duration.between(Instant.EPOCH, end);
    }

    public byte[] reversed(byte[] bytes) {
      byte[] copy = bytes.clone();
      for (int i = 0; i < bytes.length; i++) {
        copy[i] = bytes[bytes.length - 1 - i];
      }
      return copy;
    }

    public String joined(String... parts) {
      return String.join("+", parts);
    }

    public CompletableFuture<String> later(CompletableFuture<String> unused) {
      return CompletableFuture.completedFuture("later");
    }

    public CompletableFuture<Point> soon() {
      return CompletableFuture.completedFuture(new Point(3, Optional.empty()));
    }

    public void fails(String how) throws Exception {
      switch (how) {
        case "checked" -> throw new IOException("disk");
        case "reset" -> throw new ObjectResetError("gone");
        default -> throw new IllegalStateException(how);
      }
    }
  }

  public static class Box extends Container {
    public Box(ObjectContext ctx, Env env) {
      super(ctx, env);
    }

    @Override
    public void onStart() {}

    @Override
    public void onStop(ContainerExit exit) {}

    @Override
    public void onError(Exception error) {}

    @Override
    public void onActivityExpired() {}

    @Override
    public Response fetch(Request request) {
      return Response.status(204);
    }

    @Override
    public void stop() {}

    public String own() {
      return "own";
    }
  }

  private final RpcMethods everything = RpcMethods.of(Everything.class);

  private byte[] call(String method, Object... arguments) throws Exception {
    return encoded(everything.invoke(new Everything(), cbor(method, arguments), codec));
  }

  private RpcCall cbor(String method, Object... arguments) {
    return codec.encodeCall(method, Encoding.CBOR, arguments);
  }

  private static byte[] encoded(RpcMethods.Result result) {
    return switch (result) {
      case RpcMethods.Result.Done(RpcResult.Value(byte[] bytes)) -> bytes;
      case RpcMethods.Result.Done other -> throw new AssertionError("not a value: " + other);
      case RpcMethods.Result.Pending pending -> throw new AssertionError("pending: " + pending);
    };
  }

  private static byte[] bytesOf(RpcResult result) {
    return ((RpcResult.Value) result).bytes();
  }

  private String json(String method, String arguments) throws Exception {
    RpcCall call = new RpcCall(method, Encoding.JSON, arguments.getBytes(StandardCharsets.UTF_8));
    return new String(
        encoded(everything.invoke(new Everything(), call, codec)), StandardCharsets.UTF_8);
  }

  @Test
  void picksThePublicMethodsThatTheClassAdds() {
    assertThat(everything.names())
        .containsExactly(
            "add",
            "compareTo",
            "count",
            "fails",
            "find",
            "greet",
            "inherited",
            "joined",
            "later",
            "nickname",
            "nothing",
            "overridden",
            "required",
            "reversed",
            "soon",
            "sum",
            "twice",
            "until");
  }

  @Test
  void picksOnlyTheControlsAndOwnMethodsOfAContainer() {
    assertThat(RpcMethods.of(Box.class).names())
        .containsExactly(
            "destroy",
            "inspect",
            "own",
            "signal",
            "start",
            "startAndWaitForPorts",
            "state",
            "stop");
  }

  @Test
  void tellsOverloadsApartByTheNumberOfArguments() throws Exception {
    assertThat(codec.<Integer>fromCbor(call("add", 4), int.class)).isEqualTo(4);
    assertThat(codec.<Integer>fromCbor(call("add", 4, 5), int.class)).isEqualTo(9);
  }

  @Test
  void carriesGenericValuesBothWays() throws Exception {
    assertThat(
            codec.<Integer>fromCbor(
                call("sum", List.of(Map.of("a", 1), Map.of("b", 2))), int.class))
        .isEqualTo(3);
    assertThat(
            codec.<Optional<Point>>fromCbor(
                call("find", "k"), new TypeRef<Optional<Point>>() {}.type()))
        .contains(new Point(1, Optional.of("k")));
    assertThat(
            codec.<Optional<Point>>fromCbor(
                call("find", ""), new TypeRef<Optional<Point>>() {}.type()))
        .isEmpty();
    assertThat(codec.<Duration>fromCbor(call("until", Instant.ofEpochSecond(90)), Duration.class))
        .isEqualTo(Duration.ofSeconds(90));
    assertThat(codec.<byte[]>fromCbor(call("reversed", new byte[] {1, 2}), byte[].class))
        .containsExactly(2, 1);
    assertThat(json("greet", "[null]")).isEqualTo("\"hello you\"");
    assertThat(json("joined", "[[\"a\",\"b\"]]")).isEqualTo("\"a+b\"");
  }

  @Test
  void knowsWhatTheTypeVariablesOfInheritedMethodsStandFor() throws Exception {
    assertThat(json("twice", "[{\"x\":1,\"label\":null}]"))
        .isEqualTo("[{\"x\":1,\"label\":null},{\"x\":1,\"label\":null}]");
    int hash = List.of(new Point(1, Optional.empty())).hashCode();
    assertThat(json("count", "[[[{\"x\":1}]]]")).isEqualTo("" + hash);
    assertThat(json("overridden", "[{\"x\":1}]")).isEqualTo("{\"x\":2,\"label\":null}");
  }

  @Test
  void answersNullForVoid() throws Exception {
    assertThat(json("nothing", "[]")).isEqualTo("null");
    assertThat(call("nothing")).containsExactly(0xF6);
  }

  @Test
  void leavesStagesToTheCaller() throws Exception {
    RpcMethods.Result result = everything.invoke(new Everything(), cbor("soon"), codec);
    assertThat(result)
        .isInstanceOfSatisfying(
            RpcMethods.Result.Pending.class,
            pending -> {
              Object value = pending.stage().toCompletableFuture().join();
              assertThat(codec.<Point>fromCbor(bytesOf(pending.encode(value)), Point.class))
                  .isEqualTo(new Point(3, Optional.empty()));
            });
  }

  @Test
  void throwsWhatTheMethodThrows() {
    assertThatThrownBy(() -> call("fails", "checked"))
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
    assertThatThrownBy(() -> call("fails", "x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("x");
    assertThatThrownBy(() -> call("fails", "reset")).isInstanceOf(ObjectResetError.class);
  }

  @Test
  void refusesMethodsThatAreNotThere() {
    for (String hidden :
        List.of(
            "missing",
            "fetch",
            "alarm",
            "toString",
            "hashCode",
            "equals",
            "getClass",
            "wait",
            "notify",
            "isStatic",
            "isProtected",
            "isPackagePrivate",
            "",
            "add ",
            "<init>")) {
      assertThatThrownBy(() -> call(hidden))
          .isInstanceOfSatisfying(
              ObjectCallException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.METHOD_NOT_FOUND);
                assertThat(e.errorName()).isEqualTo("TypeError");
                assertThat(e.remote()).isTrue();
              })
          .hasMessage("The RPC receiver does not implement the method \"" + hidden + "\".");
    }
  }

  @Test
  void refusesTheWrongNumberOfArguments() {
    assertInvalid("add", "[1,2,3]", "expected 1 or 2 arguments for method \"add\", found 3");
    assertInvalid("nothing", "[1]", "expected 0 arguments for method \"nothing\", found 1");
    assertInvalid("greet", "[]", "expected 1 argument for method \"greet\", found 0");
  }

  @Test
  void refusesArgumentsOfTheWrongKind() {
    assertInvalid("add", "{}", "expected an array of arguments for method \"add\", found object");
    assertThatThrownBy(() -> json("add", "[\"x\"]"))
        .isInstanceOf(HoldfastException.class)
        .hasMessageStartingWith("expected int as argument 1 of \"add\", found other JSON");
    assertThatThrownBy(() -> json("twice", "[7]"))
        .hasMessageStartingWith(
            "expected io.holdfast.node.app.RpcMethodsTest$Point as argument 1 of \"twice\"");
  }

  private void assertInvalid(String method, String arguments, String message) {
    assertThatThrownBy(() -> json(method, arguments))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessage(message);
  }

  abstract static class Hidden extends DurableObject {
    Hidden() {
      super(null, null);
    }

    public String open() {
      return "open";
    }
  }

  public static class Opened extends Hidden {}

  @Test
  void callsPublicMethodsThatComeFromAClassThatIsNotPublic() throws Exception {
    RpcMethods methods = RpcMethods.of(Opened.class);
    assertThat(methods.names()).containsExactly("open");
    byte[] bytes = encoded(methods.invoke(new Opened(), cbor("open"), codec));
    assertThat(codec.<String>fromCbor(bytes, String.class)).isEqualTo("open");
  }

  static class TwoOfOneCount extends Hidden {
    public void put(String key) {}

    public void put(int key) {}
  }

  @Test
  void refusesTwoMethodsOfOneNameAndCount() {
    assertThatThrownBy(() -> RpcMethods.of(TwoOfOneCount.class))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.APP_INVALID))
        .hasMessage(
            "expected one public method \"put\" with 1 parameter in io.holdfast.node.app.RpcMethodsTest$TwoOfOneCount,"
                + " found put(int) and put(String): calls find a method by its name and number of arguments");
  }
}
