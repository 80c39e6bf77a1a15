package io.holdfast.sdk;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/// A generic type as a value: `new TypeRef<List<String>>() {}`.
public abstract class TypeRef<T> {
  private final Type type;

  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parameterized)) {
      throw new IllegalStateException("expected a type argument: new TypeRef<List<String>>() {}");
    }
    this.type = parameterized.getActualTypeArguments()[0];
  }

  /// The type argument.
  public final Type type() {
    return type;
  }
}
