package io.holdfast.node.app;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectStub;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/// An object as a Java interface whose calls are messages.
final class SenderProxy implements InvocationHandler {
  private static final Object[] NO_ARGUMENTS = {};

  private final Class<?> rpcInterface;
  private final ObjectStub stub;

  private SenderProxy(Class<?> rpcInterface, ObjectStub stub) {
    this.rpcInterface = rpcInterface;
    this.stub = stub;
  }

  static <T> T of(Class<T> rpcInterface, ObjectStub stub) {
    if (!rpcInterface.isInterface() || rpcInterface.isAnnotation()) {
      throw new IllegalArgumentException("expected an interface, found " + rpcInterface.getName());
    }
    Object proxy =
        Proxy.newProxyInstance(
            rpcInterface.getClassLoader(),
            new Class<?>[] {rpcInterface},
            new SenderProxy(rpcInterface, stub));
    return rpcInterface.cast(proxy);
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
      throws Throwable {
    Object[] arguments = given == null ? NO_ARGUMENTS : given;
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, method, arguments);
    }
    if (method.isDefault()) {
      return InvocationHandler.invokeDefault(proxy, method, arguments);
    }
    if (method.getReturnType() != void.class) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a method that returns nothing, because a message has no answer, found "
              + method);
    }
    stub.send(method.getName(), arguments);
    return null;
  }

  /// The methods of [Object] say what the proxy is; they are not sent.
  @SuppressWarnings("ReferenceEquality") // Each proxy is equal to itself alone.
  private Object ofObject(Object proxy, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "equals" -> proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> stub + " as sender of " + rpcInterface.getName();
    };
  }
}
