package io.holdfast.node.app;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An object as a Java interface of the app. The methods of [Object] say what the proxy is and
/// default methods run in place; all others are sent.
abstract class InterfaceProxy implements InvocationHandler {
  private static final @Nullable Object[] NO_ARGUMENTS = {};

  /// The bodies of default methods: kept with the interface, and gone with it.
  private static final ClassValue<Map<Method, MethodHandle>> BODIES =
      new ClassValue<>() {
        @Override
        protected Map<Method, MethodHandle> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  private final Class<?> type;

  /// @throws IllegalArgumentException when the type is no interface
  InterfaceProxy(Class<?> type) {
    if (!type.isInterface() || type.isAnnotation()) {
      throw new IllegalArgumentException("expected an interface, found " + type.getName());
    }
    this.type = type;
  }

  static <T> T of(Class<T> type, InterfaceProxy handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /// What it is to the object, before the name of the interface.
  abstract String role();

  /// Calls a method that the interface leaves to the object.
  abstract @Nullable Object send(Method method, @Nullable Object[] arguments);

  @Override
  public final @Nullable Object invoke(
      Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
    @Nullable Object[] arguments = given == null ? NO_ARGUMENTS : given;
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, method, arguments);
    }
    if (method.isDefault()) {
      return BODIES
          .get(type)
          .computeIfAbsent(method, InterfaceProxy::body)
          .bindTo(proxy)
          .invokeWithArguments(arguments);
    }
    return send(method, arguments);
  }

  @SuppressWarnings("ReferenceEquality") // Each proxy is equal to itself alone.
  private Object ofObject(Object proxy, Method method, @Nullable Object[] arguments) {
    return switch (method.getName()) {
      case "equals" -> proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> role() + " " + type.getName();
    };
  }

  private static MethodHandle body(Method method) {
    Class<?> declaring = method.getDeclaringClass();
    try {
      return MethodHandles.privateLookupIn(declaring, MethodHandles.lookup())
          .unreflectSpecial(method, declaring);
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException("the default method " + method + " is out of reach", e);
    }
  }
}
