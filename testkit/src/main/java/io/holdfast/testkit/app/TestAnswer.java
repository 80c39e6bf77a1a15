package io.holdfast.testkit.app;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// What the first call under an idempotency key came to.
record TestAnswer(
    String method,
    List<@Nullable Object> arguments,
    @Nullable Object value,
    @Nullable ObjectCallException error) {
  static TestAnswer of(
      String method, Object[] arguments, BiFunction<String, Object[], @Nullable Object> call) {
    try {
      return new TestAnswer(
          method, Arrays.asList(arguments.clone()), call.apply(method, arguments), null);
    } catch (ObjectCallException e) {
      return new TestAnswer(method, Arrays.asList(arguments.clone()), null, e);
    }
  }

  @Nullable Object to(String otherMethod, Object[] otherArguments) {
    if (!method.equals(otherMethod) || !arguments.equals(Arrays.asList(otherArguments))) {
      throw new HoldfastException(
          ErrorCode.IDEMPOTENCY_MISMATCH,
          "expected the call that this idempotency key was first used for, \""
              + method
              + "\", found another");
    }
    if (error != null) {
      throw error;
    }
    return value;
  }
}
