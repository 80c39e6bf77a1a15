package io.holdfast.node.app;

import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// An object as a Java interface: turns calls of its methods into calls of the object's.
final class RpcProxy extends InterfaceProxy {
  /// The one byte of a null in CBOR.
  private static final byte CBOR_NULL = (byte) 0xF6;

  /// Results are decoded by classes of the app, and what it does with its futures is its code: none
  /// of that may hold up a thread of the node.
  private static final Executor APP_THREADS = Thread.ofVirtual().name("rpc-result")::start;

  /// Kept with the interface, and gone with it.
  private static final ClassValue<Known> KNOWN =
      new ClassValue<>() {
        @Override
        protected Known computeValue(Class<?> rpcInterface) {
          return new Known(Generics.of(rpcInterface), new ConcurrentHashMap<>());
        }
      };

  private record Known(Generics generics, Map<Method, Action> actions) {
    Action action(Method method) {
      return actions.computeIfAbsent(method, m -> Action.of(m, generics));
    }
  }

  /// What a method of the interface does.
  private sealed interface Action {
    record Call(String method, Type result) implements Action {}

    record CallAsync(String method, Type result) implements Action {}

    static Action of(Method method, Generics generics) {
      Type result = generics.resolve(method.getGenericReturnType());
      Class<?> raw = method.getReturnType();
      return raw == CompletableFuture.class || raw == CompletionStage.class || raw == Future.class
          ? new CallAsync(method.getName(), valueOf(result))
          : new Call(method.getName(), result);
    }

    private static Type valueOf(Type future) {
      return future instanceof ParameterizedType parameterized
          ? parameterized.getActualTypeArguments()[0]
          : Object.class;
    }
  }

  private final Stub stub;
  private final Known known;

  private RpcProxy(Class<?> rpcInterface, Stub stub) {
    super(rpcInterface);
    this.stub = stub;
    this.known = KNOWN.get(rpcInterface);
  }

  static <T> T of(Class<T> rpcInterface, Stub stub) {
    return of(rpcInterface, new RpcProxy(rpcInterface, stub));
  }

  @Override
  String role() {
    return stub + " as";
  }

  @Override
  @Nullable Object send(Method method, @Nullable Object[] arguments) {
    return switch (known.action(method)) {
      case Action.Call call ->
          value(call.method(), call.result(), stub.invoke(call.method(), arguments));
      case Action.CallAsync call ->
          stub.invokeAsync(call.method(), arguments)
              .thenApplyAsync(result -> value(call.method(), call.result(), result), APP_THREADS);
    };
  }

  private @Nullable Object value(String method, Type type, RpcResult result) {
    return switch (result) {
      case RpcResult.Value(byte[] cbor) -> value(method, type, cbor);
      case RpcResult.Bytes(InputStream stream) -> stream(method, type, stream);
    };
  }

  private InputStream stream(String method, Type type, InputStream stream) {
    if (type == InputStream.class) {
      return stream;
    }
    closeQuietly(stream);
    throw mismatch(method, type, "a stream");
  }

  private static void closeQuietly(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // Nobody reads it.
    }
  }

  private HoldfastException mismatch(String method, Type expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected %s from method \"%s\" of %s, found %s"
            .formatted(expected.getTypeName(), method, stub.address(), found));
  }

  private @Nullable Object value(String method, Type type, byte[] cbor) {
    if (type == void.class || type == Void.class) {
      return null;
    }
    if (type == InputStream.class) {
      if (isNull(cbor)) {
        return null;
      }
      throw mismatch(method, type, "a value");
    }
    if (type instanceof Class<?> plain && plain.isPrimitive() && isNull(cbor)) {
      throw mismatch(method, type, "null");
    }
    return stub.codec().fromCbor(cbor, type);
  }

  private static boolean isNull(byte[] cbor) {
    return cbor.length == 1 && cbor[0] == CBOR_NULL;
  }
}
