package io.holdfast.node.app;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectStub;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/// An object as a Java interface whose calls are messages.
final class SenderProxy extends InterfaceProxy {
  private final ObjectStub stub;

  private SenderProxy(Class<?> rpcInterface, ObjectStub stub) {
    super(rpcInterface);
    this.stub = stub;
  }

  static <T> T of(Class<T> rpcInterface, ObjectStub stub) {
    return of(rpcInterface, new SenderProxy(rpcInterface, stub));
  }

  @Override
  String role() {
    return stub + " as sender of";
  }

  @Override
  @Nullable Object send(Method method, @Nullable Object[] arguments) {
    if (method.getReturnType() != void.class) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a method that returns nothing, because a message has no answer, found "
              + method);
    }
    stub.send(method.getName(), arguments);
    return null;
  }
}
