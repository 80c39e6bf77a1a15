package io.holdfast.node.app;

import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Finds the [OutboundHandlers] that a class declares.
final class OutboundFields {
  private OutboundFields() {}

  /// Those of its only public static field of that type, inherited ones included; none when it has
  /// no such field. Initializes the class when it has.
  ///
  /// @throws HoldfastException `app_invalid`
  static OutboundHandlers handlers(Class<?> type) {
    List<Field> fields =
        Arrays.stream(type.getFields())
            .filter(field -> field.getType() == OutboundHandlers.class)
            .filter(field -> Modifier.isStatic(field.getModifiers()))
            .toList();
    if (fields.isEmpty()) {
      return OutboundHandlers.none();
    }
    if (fields.size() > 1 || !Modifier.isFinal(fields.getFirst().getModifiers())) {
      throw invalid(
          "one static final field of type OutboundHandlers",
          fields.stream().map(Field::toString).collect(Collectors.joining(", ")));
    }
    return checked(fields.getFirst());
  }

  private static OutboundHandlers checked(Field field) {
    try {
      Object found = field.get(null);
      if (!(found instanceof OutboundHandlers handlers)) {
        throw invalid("handlers in " + field, "null");
      }
      var _ = EgressPolicy.of(OutboundConfig.internet(true), handlers, OutboundRules.NONE);
      return handlers;
    } catch (IllegalAccessException e) {
      throw invalid("a public class with " + field, String.valueOf(e.getMessage()));
    } catch (HoldfastException e) {
      throw e.code() == ErrorCode.APP_INVALID ? e : invalid("hosts in " + field, e.getMessage());
    }
  }

  private static HoldfastException invalid(String expected, String found) {
    return new HoldfastException(
        ErrorCode.APP_INVALID, "expected " + expected + ", found " + found);
  }
}
