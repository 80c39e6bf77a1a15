package io.holdfast.node.app;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerControl;
import io.holdfast.sdk.DurableObject;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Picks the methods that others may call from those that an object class has.
final class PublicMethods {
  private final Set<Signature> taken = new HashSet<>();
  private final List<Method> picked = new ArrayList<>();

  /// What tells a method from others of its class, but for its result.
  private record Signature(String name, List<Class<?>> parameters) {
    static Signature of(Method method) {
      return new Signature(method.getName(), List.of(method.getParameterTypes()));
    }
  }

  private PublicMethods() {}

  static List<Method> of(Class<? extends DurableObject> type) {
    PublicMethods methods = new PublicMethods();
    methods.exclude(Object.class, DurableObject.class);
    if (Container.class.isAssignableFrom(type)) {
      methods.exclude(Container.class);
      methods.pickControls(type);
    }
    methods.pickDeclared(type);
    methods.pickDefaults(type);
    methods.picked.sort(
        Comparator.comparing(Method::getName)
            .thenComparingInt(Method::getParameterCount)
            .thenComparing(Method::toString));
    return methods.picked;
  }

  private void exclude(Class<?>... sdk) {
    for (Class<?> type : sdk) {
      Arrays.stream(type.getDeclaredMethods()).map(Signature::of).forEach(taken::add);
    }
  }

  private void pickControls(Class<?> type) {
    for (Method control : ContainerControl.class.getMethods()) {
      try {
        picked.add(type.getMethod(control.getName(), control.getParameterTypes()));
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException(e); // Container implements them all.
      }
    }
  }

  /// Class by class, from the most special one up.
  private void pickDeclared(Class<?> type) {
    for (Class<?> c = type; !isOfSdk(c); c = c.getSuperclass()) {
      List<Method> all =
          Arrays.stream(c.getDeclaredMethods()).filter(PublicMethods::isCallable).toList();
      all.stream().filter(method -> !method.isSynthetic()).forEach(this::pick);
      // A bridge stands for a method of this class under the erased types of the one it overrides,
      // which must not be picked again; else it only opens up a class that is not public.
      all.stream()
          .filter(method ->
              method.isBridge() && all.stream().anyMatch(other -> isTarget(method, other)))
          .map(Signature::of)
          .forEach(taken::add);
    }
  }

  private void pickDefaults(Class<?> type) {
    Set<Signature> ofClasses = new HashSet<>();
    for (Class<?> c = type; !isOfSdk(c); c = c.getSuperclass()) {
      Arrays.stream(c.getDeclaredMethods()).map(Signature::of).forEach(ofClasses::add);
    }
    Arrays.stream(type.getMethods())
        .filter(method -> method.isDefault() && !method.isSynthetic())
        .filter(method -> !ofClasses.contains(Signature.of(method)))
        .forEach(this::pick);
  }

  private void pick(Method method) {
    if (taken.add(Signature.of(method))) {
      picked.add(method);
    }
  }

  private static boolean isCallable(Method method) {
    return Modifier.isPublic(method.getModifiers())
        && !Modifier.isStatic(method.getModifiers())
        && !Modifier.isAbstract(method.getModifiers());
  }

  private static boolean isTarget(Method bridge, Method other) {
    return !other.isBridge()
        && other.getName().equals(bridge.getName())
        && other.getParameterCount() == bridge.getParameterCount();
  }

  private static boolean isOfSdk(Class<?> type) {
    return type == DurableObject.class || type == Container.class;
  }
}
