package io.holdfast.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.RpcCall.Encoding;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The table of `docs/values.md`.
class ValueCodecTest {
  private final ValueCodec codec = new ValueCodec();

  enum Color {
    RED,
    GREEN
  }

  record Point(int x, long y, Optional<String> label) {}

  record Line(Point from, Point to, Color color, List<Integer> marks) {}

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of("text \u00e9 \ud83d\ude00 \0", String.class),
        Arguments.of("", String.class),
        Arguments.of(true, Boolean.class),
        Arguments.of(Integer.MIN_VALUE, Integer.class),
        Arguments.of(9_007_199_254_740_993L, Long.class),
        Arguments.of(Long.MIN_VALUE, Long.class),
        Arguments.of(0.1, Double.class),
        Arguments.of(-0.0, Double.class),
        Arguments.of(Double.MIN_VALUE, Double.class),
        Arguments.of(1.5f, Float.class),
        Arguments.of(new BigInteger("-123456789012345678901234567890"), BigInteger.class),
        Arguments.of(new BigDecimal("1234567890.12345678901234567890"), BigDecimal.class),
        Arguments.of(Instant.parse("2026-11-24T10:15:30.123456789Z"), Instant.class),
        Arguments.of(Duration.ofNanos(1_500_000_001), Duration.class),
        Arguments.of(LocalDate.of(2026, 11, 24), LocalDate.class),
        Arguments.of(UUID.fromString("123e4567-e89b-12d3-a456-426614174000"), UUID.class),
        Arguments.of(Color.GREEN, Color.class),
        Arguments.of(new Point(1, 2, Optional.of("a")), Point.class),
        Arguments.of(
            new Line(
                new Point(0, 0, Optional.empty()),
                new Point(1, 1, Optional.of("")),
                Color.RED,
                List.of(1, 2)),
            Line.class),
        Arguments.of(Arrays.asList("a", null, "b"), new TypeRef<List<String>>() {}.type()),
        Arguments.of(Set.of(1, 2, 3), new TypeRef<Set<Integer>>() {}.type()),
        Arguments.of(
            Map.of("a", List.of(1L, 2L)), new TypeRef<Map<String, List<Long>>>() {}.type()),
        Arguments.of(Map.of(7, "seven"), new TypeRef<Map<Integer, String>>() {}.type()));
  }

  @ParameterizedTest
  @MethodSource("values")
  void comesBackEqualFromCborAndFromJson(Object value, Type type) {
    assertThat(codec.<Object>fromCbor(codec.toCbor(value), type)).isEqualTo(value);
    assertThat(codec.<Object>read(codec.write(value), type)).isEqualTo(value);
  }

  @ParameterizedTest
  @MethodSource("values")
  void isTheSameAsAnArgumentInBothEncodings(Object value, Type type) {
    for (Encoding encoding : Encoding.values()) {
      RpcCall call = codec.encodeCall("take", encoding, new Object[] {value, value});
      assertThat(codec.decodeArguments(call, count -> new Type[] {type, type}))
          .as(encoding.name())
          .containsExactly(value, value);
    }
  }

  @Test
  void bytesAreBytesInCborAndBase64InJson() {
    byte[] bytes = {0, -1, 127, -128};
    assertThat(codec.<byte[]>fromCbor(codec.toCbor(bytes), byte[].class)).isEqualTo(bytes);
    assertThat(codec.toCbor(bytes)).hasSize(5);
    assertThat(new String(codec.write(bytes), StandardCharsets.UTF_8)).isEqualTo("\"AP9/gA==\"");
    assertThat(codec.<byte[]>read(codec.write(bytes), byte[].class)).isEqualTo(bytes);
  }

  @Test
  void notANumberAndInfinityKeepTheirMeaning() {
    for (double value : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      assertThat(codec.<Double>fromCbor(codec.toCbor(value), Double.class))
          .isEqualTo(Double.valueOf(value));
      assertThat(codec.<Double>read(codec.write(value), Double.class))
          .isEqualTo(Double.valueOf(value));
    }
  }

  @Test
  void withoutATypeAValueComesBackAsThePlainestJavaType() {
    assertThat(untyped(1)).isEqualTo(1);
    assertThat(untyped(1L << 40)).isEqualTo(1L << 40);
    assertThat(untyped(0.5)).isEqualTo(0.5);
    assertThat(untyped("a")).isEqualTo("a");
    assertThat(untyped(new byte[] {1})).isEqualTo(new byte[] {1});
    assertThat(untyped(List.of(1, "a"))).isEqualTo(List.of(1, "a"));
    assertThat(untyped(new Point(1, 2, Optional.empty())))
        .isEqualTo(
            new java.util.LinkedHashMap<>() {
              {
                put("x", 1);
                put("y", 2);
                put("label", null);
              }
            });
    assertThat(untyped(Instant.EPOCH)).isEqualTo("1970-01-01T00:00:00Z");
  }

  private Object untyped(Object value) {
    return codec.fromCbor(codec.toCbor(value), Object.class);
  }

  @Test
  void aRecordMayGainAndLoseComponents() {
    record Before(int x, String gone) {}
    record After(int x, String added) {}
    assertThat(codec.<After>fromCbor(codec.toCbor(new Before(1, "a")), After.class))
        .isEqualTo(new After(1, null));
  }

  @Test
  void anIntegerThatDoesNotFitIsRefusedNotCut() {
    byte[] large = codec.toCbor(1L << 40);
    assertRefused(() -> codec.fromCbor(large, Integer.class), "out of range of int");
    assertRefused(() -> codec.fromCbor(codec.toCbor(1.5), Integer.class), "java.lang.Integer");
  }

  @Test
  void aValueOfAnotherKindIsRefused() {
    assertRefused(() -> codec.fromCbor(codec.toCbor("a"), Integer.class), "java.lang.Integer");
    assertRefused(() -> codec.fromCbor(codec.toCbor(List.of(1)), String.class), "java.lang.String");
    assertRefused(() -> codec.fromCbor(codec.toCbor("BLUE"), Color.class), "BLUE");
    assertRefused(() -> codec.fromCbor(codec.toCbor(1), Color.class), "Color");
    assertRefused(() -> codec.fromCbor(codec.toCbor("1"), Integer.class), "java.lang.Integer");
    assertRefused(() -> codec.fromCbor(codec.toCbor(1), String.class), "java.lang.String");
    assertRefused(() -> codec.fromCbor(codec.toCbor(true), String.class), "java.lang.String");
    assertRefused(() -> codec.fromCbor(codec.toCbor(1), Boolean.class), "java.lang.Boolean");
    assertRefused(() -> codec.fromCbor(codec.toCbor(null), int.class), "int");
  }

  @Test
  void bytesThatAreNoCborAreRefused() {
    assertRefused(() -> codec.fromCbor(new byte[] {(byte) 0x9F, 1}, List.class), "CBOR");
    assertRefused(() -> codec.fromCbor(new byte[] {1, 1}, Integer.class), "CBOR");
    assertRefused(() -> codec.fromCbor(new byte[0], Integer.class), "CBOR");
  }

  @Test
  void whatGoesRoundInCirclesOrTooDeepIsRefused() {
    List<Object> circle = new ArrayList<>();
    circle.add(circle);
    assertRefused(() -> codec.toCbor(circle), "cannot be stored or sent");
    Object deep = 1;
    for (int i = 0; i < 250; i++) {
      deep = List.of(deep);
    }
    Object tooDeep = deep;
    assertRefused(() -> codec.fromCbor(codec.toCbor(tooDeep), Object.class), "CBOR");
  }

  @Test
  void streamsTravelBesideTheOtherArguments() {
    InputStream stream = new ByteArrayInputStream(new byte[] {1});
    RpcCall call = codec.encodeCall("take", Encoding.CBOR, new Object[] {"a", stream});
    assertThat(call.streams()).containsOnlyKeys(1);
    assertThat(codec.decodeArguments(call, count -> new Type[] {String.class, InputStream.class}))
        .containsExactly("a", stream);
    assertRefused(
        () -> codec.decodeArguments(call, count -> new Type[] {String.class, String.class}),
        "found a stream");
    assertRefused(
        () ->
            codec.decodeArguments(call, count -> new Type[] {InputStream.class, InputStream.class}),
        "found a value");
  }

  @Test
  void arrayOfArgumentsIsExpected() {
    for (String json : List.of("{}", "1", "\"a\"", "null", "", "[1")) {
      RpcCall call = new RpcCall("m", Encoding.JSON, json.getBytes(StandardCharsets.UTF_8));
      assertRefused(() -> codec.decodeArguments(call, count -> new Type[count]), "an array");
    }
  }

  @Test
  void valuesBeyondTheLimitOfACallAreRefused() {
    byte[] large = new byte[RpcCall.BYTES_MAX];
    assertThatThrownBy(() -> codec.encodeCall("m", Encoding.CBOR, new Object[] {large}))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BODY_TOO_LARGE));
  }

  @Test
  void whatCannotBeReadIsToldWithoutTheParsersAdviceToProgrammers() {
    for (String broken :
        List.of("", "{\"a\":", "{\"a\":'x'}", "{a:1}", "[1]", "nul", "{\"a\":NaN}")) {
      assertThatThrownBy(() -> codec.read(broken.getBytes(UTF_8), Map.class))
          .as(broken)
          .hasMessageStartingWith("expected an object, found other JSON: ")
          .message()
          .doesNotContain("`", "java.", "Source", "Feature");
    }
    assertThatThrownBy(() -> codec.read("{\"a\":".getBytes(UTF_8), Map.class))
        .hasMessageEndingWith("its end is missing");
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable use, String part) {
    assertThatThrownBy(use)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining(part);
  }
}
