package io.holdfast.testkit.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/// The bindings of an app under test.
///
/// ```java
/// TestEnv env = new TestEnv().objects("counters", name -> new FakeCounter());
/// Response response = new CounterWorker().fetch(Request.get("http://x/counter/a/get"), env, env.execution());
/// ```
///
/// Thread rule: set up on one thread; then any thread may use it.
public final class TestEnv implements Env {
  private final Map<String, ObjectNamespace> namespaces = new HashMap<>();
  private final Map<String, String> vars = new HashMap<>();
  private final Map<String, String> secrets = new HashMap<>();
  private Function<Request, Response> internet =
      request -> {
        throw new HoldfastException(ErrorCode.INVALID_REQUEST, "no answer set for " + request);
      };

  /// Adds a namespace whose objects are made by name at their first use.
  ///
  /// @param objects what `stub.as(…)` and `stub.fetch(…)` reach: an implementation of the RPC
  ///   interface, which for `fetch` has a method `Response fetch(Request)`
  public TestEnv objects(String namespace, Function<String, Object> objects) {
    namespaces.put(namespace, new TestNamespace(namespace, objects));
    return this;
  }

  public TestEnv var(String name, String value) {
    vars.put(name, value);
    return this;
  }

  public TestEnv secret(String name, String value) {
    secrets.put(name, value);
    return this;
  }

  /// What [#fetch] answers; without it every outbound request fails.
  public TestEnv internet(Function<Request, Response> answers) {
    internet = answers;
    return this;
  }

  /// An execution context that runs what it is to wait for at once.
  public ExecutionContext execution() {
    return new ExecutionContext() {
      @Override
      public void waitUntil(Callable<?> task) {
        try {
          task.call();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }

      @Override
      public String requestId() {
        return "test";
      }
    };
  }

  @Override
  public ObjectNamespace objects(String name) {
    return known(namespaces, name, ErrorCode.NAMESPACE_NOT_FOUND);
  }

  @Override
  public String var(String name) {
    return known(vars, name, ErrorCode.INVALID_ARGUMENT);
  }

  @Override
  public String secret(String name) {
    return known(secrets, name, ErrorCode.INVALID_ARGUMENT);
  }

  @Override
  public Response fetch(Request request) {
    return internet.apply(request);
  }

  private static <T> T known(Map<String, T> bindings, String name, ErrorCode otherwise) {
    T binding = bindings.get(name);
    if (binding == null) {
      throw new HoldfastException(
          otherwise, "expected one of " + bindings.keySet() + ", found '" + name + "'");
    }
    return binding;
  }
}
