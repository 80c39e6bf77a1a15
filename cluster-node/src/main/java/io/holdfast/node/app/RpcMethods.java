package io.holdfast.node.app;

import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The methods of an object class that can be called through a stub: the public ones it adds above
/// [DurableObject], and for a [io.holdfast.sdk.Container] those of
/// [io.holdfast.sdk.ContainerControl]. A name and a number of arguments lead to one method.
public final class RpcMethods {
  private final Map<String, Map<Integer, Target>> byName = new TreeMap<>();

  private record Target(Method method, Type[] parameters) {}

  /// What the method returned.
  public sealed interface Result {
    /// The result of the call.
    record Done(RpcResult result) implements Result {}

    /// The method returned a stage: wait for it, then encode its value. When it fails, its error is
    /// that of the method.
    record Pending(CompletionStage<?> stage, RpcCall call, ValueCodec codec) implements Result {
      public RpcResult encode(@Nullable Object value) {
        return codec.encodeResult(call, value);
      }
    }
  }

  /// @throws HoldfastException `app_invalid` when two methods have the same name and number of
  ///   parameters
  public static RpcMethods of(Class<? extends DurableObject> type) {
    RpcMethods methods = new RpcMethods();
    Generics generics = Generics.of(type);
    for (Method method : PublicMethods.of(type)) {
      methods.add(type, method, generics);
    }
    return methods;
  }

  private void add(Class<?> type, Method method, Generics generics) {
    method.setAccessible(true); // A public method of a class that is not public.
    Target before =
        byName
            .computeIfAbsent(method.getName(), name -> new TreeMap<>())
            .put(
                method.getParameterCount(),
                new Target(method, generics.resolve(method.getGenericParameterTypes())));
    if (before != null) {
      throw new HoldfastException(
          ErrorCode.APP_INVALID,
          "expected one public method \"%s\" with %s in %s, found %s and %s: calls find a method by its name and number of arguments"
              .formatted(
                  method.getName(),
                  arguments(method.getParameterCount()),
                  type.getName(),
                  signature(before.method()),
                  signature(method)));
    }
  }

  /// Whether there is a method of that name, with any number of parameters.
  public boolean has(String name) {
    return byName.containsKey(name);
  }

  public Set<String> names() {
    return byName.keySet();
  }

  /// Calls the method and encodes what it returns. Throws what the method throws.
  ///
  /// @throws HoldfastException `method_not_found`, and `invalid_argument` when the arguments are
  ///   not what the method takes or the result has no encoding
  public Result invoke(Object receiver, RpcCall call, ValueCodec codec) throws Exception {
    Map<Integer, Target> overloads = byName.get(call.method());
    if (overloads == null) {
      throw new ObjectCallException(
          ErrorCode.METHOD_NOT_FOUND,
          "TypeError",
          "The RPC receiver does not implement the method \"" + call.method() + "\".",
          ObjectCallException.Origin.OBJECT_CODE,
          null);
    }
    @Nullable Object[] arguments =
        codec.decodeArguments(call, count -> target(call, overloads, count).parameters());
    Object value = invoke(receiver, target(call, overloads, arguments.length), arguments);
    return value instanceof CompletionStage<?> stage
        ? new Result.Pending(stage, call, codec)
        : new Result.Done(codec.encodeResult(call, value));
  }

  private static Target target(RpcCall call, Map<Integer, Target> overloads, int count) {
    Target target = overloads.get(count);
    if (target == null) {
      String wanted =
          overloads.keySet().stream().map(String::valueOf).collect(Collectors.joining(" or "));
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected %s argument%s for method \"%s\", found %d"
              .formatted(wanted, wanted.equals("1") ? "" : "s", call.method(), count));
    }
    return target;
  }

  private static @Nullable Object invoke(
      Object receiver, Target target, @Nullable Object[] arguments) throws Exception {
    try {
      return target.method().invoke(receiver, arguments);
    } catch (InvocationTargetException e) {
      throw cause(e);
    }
  }

  /// What user code threw; an error is thrown on at once.
  static Exception cause(InvocationTargetException e) {
    return switch (e.getCause()) {
      case Exception thrown -> thrown;
      case Error error -> throw error;
      case null, default -> e;
    };
  }

  private static String arguments(int count) {
    return count == 1 ? "1 parameter" : count + " parameters";
  }

  private static String signature(Method method) {
    return java.util.Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", ", method.getName() + "(", ")"));
  }
}
