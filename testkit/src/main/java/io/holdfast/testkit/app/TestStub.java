package io.holdfast.testkit.app;

import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A stub over a plain Java object: calls its public method of that name and number of parameters,
/// on the caller's thread. What the object throws arrives as [ObjectCallException], as from a real
/// one. Under an idempotency key the first answer of a method is repeated; a `fetch` runs each
/// time.
///
/// @param answers of the object, by idempotency key
record TestStub(
    ObjectId id,
    Supplier<Object> target,
    Optional<IdempotencyKey> key,
    ConcurrentMap<IdempotencyKey, TestAnswer> answers)
    implements ObjectStub {
  @Override
  public Response fetch(Request request) {
    if (run("fetch", new Object[] {request}) instanceof Response response) {
      return response;
    }
    throw new IllegalStateException("expected a Response from fetch of " + target.get().getClass());
  }

  @Override
  public ObjectStub withIdempotencyKey(String value) {
    return new TestStub(id, target, Optional.of(new IdempotencyKey(value)), answers);
  }

  @Override
  public void send(String method, Object... arguments) {
    throw messageFromAWorker();
  }

  @Override
  public <T> T sender(Class<T> rpcInterface) {
    throw messageFromAWorker();
  }

  @Override
  public void move(String region) {
    throw new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected a cluster of several regions (holdfast.regions), found one of one");
  }

  private static HoldfastException messageFromAWorker() {
    return new HoldfastException(
        ErrorCode.WRONG_STATE, "expected a message from inside an object, found one from a Worker");
  }

  @Override
  public <T> T as(Class<T> rpcInterface) {
    return rpcInterface.cast(
        Proxy.newProxyInstance(
            rpcInterface.getClassLoader(),
            new Class<?>[] {rpcInterface},
            (proxy, method, arguments) ->
                call(method, arguments == null ? new Object[0] : arguments)));
  }

  private @Nullable Object call(Method method, Object[] arguments) {
    if (!CompletableFuture.class.isAssignableFrom(method.getReturnType())) {
      return invoke(method.getName(), arguments);
    }
    try {
      Object result = invoke(method.getName(), arguments);
      return result instanceof CompletableFuture<?>
          ? result
          : CompletableFuture.completedFuture(result);
    } catch (ObjectCallException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private @Nullable Object invoke(String name, Object[] arguments) {
    return key.isEmpty()
        ? run(name, arguments)
        : answers
            .computeIfAbsent(key.get(), _ -> TestAnswer.of(name, arguments, this::run))
            .to(name, arguments);
  }

  private @Nullable Object run(String name, Object[] arguments) {
    Object object = target.get();
    for (Method method : object.getClass().getMethods()) {
      if (method.getName().equals(name)
          && method.getParameterCount() == arguments.length
          && !method.isBridge()) {
        return invoke(object, method, arguments);
      }
    }
    throw new ObjectCallException(
        ErrorCode.METHOD_NOT_FOUND,
        "TypeError",
        "The RPC receiver does not implement the method \"" + name + "\".",
        ObjectCallException.Origin.OBJECT_CODE,
        null);
  }

  private static @Nullable Object invoke(Object object, Method method, Object[] arguments) {
    try {
      method.setAccessible(true);
      return method.invoke(object, arguments);
    } catch (InvocationTargetException e) {
      Throwable thrown = e.getTargetException();
      throw new ObjectCallException(
          ErrorCode.OBJECT_FAILED,
          thrown.getClass().getSimpleName(),
          String.valueOf(thrown.getMessage()),
          ObjectCallException.Origin.OBJECT_CODE,
          thrown);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
