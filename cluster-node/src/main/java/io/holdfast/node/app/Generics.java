package io.holdfast.node.app;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Says what the type variables of inherited methods stand for in one class: in `Names implements
/// Store<String>`, a parameter `T` of `Store<T>` is a string.
final class Generics {
  private final Map<TypeVariable<?>, Type> known = new HashMap<>();

  private Generics() {}

  static Generics of(Class<?> type) {
    Generics generics = new Generics();
    generics.learn(type);
    return generics;
  }

  private void learn(Class<?> type) {
    Type superclass = type.getGenericSuperclass();
    if (superclass != null) {
      learnArguments(superclass);
    }
    Arrays.stream(type.getGenericInterfaces()).forEach(this::learnArguments);
  }

  private void learnArguments(Type supertype) {
    if (supertype instanceof ParameterizedType parameterized) {
      Class<?> raw = (Class<?>) parameterized.getRawType();
      TypeVariable<?>[] variables = raw.getTypeParameters();
      for (int i = 0; i < variables.length; i++) {
        known.put(variables[i], parameterized.getActualTypeArguments()[i]);
      }
      learn(raw);
    } else {
      learn((Class<?>) supertype);
    }
  }

  Type[] resolve(Type[] types) {
    return Arrays.stream(types).map(this::resolve).toArray(Type[]::new);
  }

  /// The type with everything known filled in. A variable that stays unknown becomes its bound.
  Type resolve(Type type) {
    return switch (type) {
      case TypeVariable<?> variable -> {
        Type argument = known.get(variable);
        yield argument == null ? erasure(variable.getBounds()[0]) : resolve(argument);
      }
      case WildcardType wildcard -> resolve(wildcard.getUpperBounds()[0]);
      case GenericArrayType array -> arrayOf(resolve(array.getGenericComponentType()));
      case ParameterizedType parameterized ->
          new Filled(
              (Class<?>) parameterized.getRawType(),
              List.of(resolve(parameterized.getActualTypeArguments())));
      default -> type;
    };
  }

  private static Type arrayOf(Type component) {
    return component instanceof Class<?> plain ? plain.arrayType() : new FilledArray(component);
  }

  private static Class<?> erasure(Type type) {
    return switch (type) {
      case Class<?> plain -> plain;
      case ParameterizedType parameterized -> (Class<?>) parameterized.getRawType();
      case TypeVariable<?> variable -> erasure(variable.getBounds()[0]);
      default -> Object.class;
    };
  }

  private record FilledArray(Type component) implements GenericArrayType {
    @Override
    public Type getGenericComponentType() {
      return component;
    }

    @Override
    public String getTypeName() {
      return component.getTypeName() + "[]";
    }
  }

  private record Filled(Class<?> raw, List<Type> arguments) implements ParameterizedType {
    @Override
    public Type[] getActualTypeArguments() {
      return arguments.toArray(Type[]::new);
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return raw.getDeclaringClass();
    }

    @Override
    public String getTypeName() {
      return arguments.stream()
          .map(Type::getTypeName)
          .collect(Collectors.joining(", ", raw.getTypeName() + "<", ">"));
    }
  }
}
