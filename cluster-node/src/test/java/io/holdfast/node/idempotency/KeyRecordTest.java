package io.holdfast.node.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectCallException.Origin;
import io.holdfast.sdk.Request;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class KeyRecordTest {
  private static final String PRINT = "00".repeat(31) + "07";
  private static final String BEGAN = "000000018bcfe568";

  static List<StoredAnswer> answers() {
    return List.of(
        new StoredAnswer.Http(201, Headers.of("a", "1", "b", "é", "a", "2"), new byte[] {1, 2}),
        new StoredAnswer.Http(204, Headers.empty(), new byte[0]),
        new StoredAnswer.Result(new byte[] {7}),
        new StoredAnswer.Stream(new byte[] {8, 9}),
        new StoredAnswer.Failure(
            ErrorCode.OBJECT_FAILED, Optional.of("Oops"), Origin.OBJECT_CODE, "text"),
        new StoredAnswer.Failure(ErrorCode.TIMEOUT, Optional.of("Late"), Origin.RUNTIME, "text"),
        new StoredAnswer.Failure(ErrorCode.STORAGE_FULL, Optional.empty(), Origin.RUNTIME, ""),
        new StoredAnswer.NotKept());
  }

  private static KeyRecord record(Optional<StoredAnswer> answer) {
    return new KeyRecord(
        new Fingerprint(HexFormat.of().parseHex(PRINT)), Long.parseLong(BEGAN, 16), answer);
  }

  @ParameterizedTest
  @MethodSource("answers")
  void comesBackAsItWas(StoredAnswer answer) {
    byte[] bytes = record(Optional.of(answer)).toBytes();
    assertThat(KeyRecord.fromBytes(bytes).toBytes()).isEqualTo(bytes);
    assertThat(KeyRecord.fromBytes(bytes).answer().orElseThrow())
        .usingRecursiveComparison()
        .isEqualTo(answer);
  }

  @ParameterizedTest
  @MethodSource("answers")
  void aRecordThatBreaksOffIsRefused(StoredAnswer answer) {
    byte[] bytes = record(Optional.of(answer)).toBytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> KeyRecord.fromBytes(cut))
          .as("%d of %d bytes", length, bytes.length)
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
    }
  }

  /// Stored records never change: an object must read what an earlier version wrote.
  @Test
  void readsWhatVersionOneWrote() {
    assertThat(HexFormat.of().formatHex(record(Optional.empty()).toBytes()))
        .isEqualTo("0100" + PRINT + BEGAN);
    StoredAnswer http =
        new StoredAnswer.Http(201, Headers.of("x-a", "b"), new byte[] {(byte) 0xff});
    assertThat(HexFormat.of().formatHex(record(Optional.of(http)).toBytes()))
        .isEqualTo(
            "0101"
                + PRINT
                + BEGAN
                + "00c9"
                + "00000001"
                + "00000003782d61"
                + "0000000162"
                + "00000001ff");
    StoredAnswer failure =
        new StoredAnswer.Failure(
            ErrorCode.OBJECT_FAILED, Optional.of("E"), Origin.OBJECT_CODE, "m");
    assertThat(HexFormat.of().formatHex(record(Optional.of(failure)).toBytes()))
        .isEqualTo(
            "0103"
                + PRINT
                + BEGAN
                + "0000000d6f626a6563745f6661696c6564"
                + "02"
                + "0000000145"
                + "000000016d");
  }

  @Test
  void anErrorComesBackWithItsFlags() {
    HoldfastException again =
        StoredAnswer.Failure.of(
                new ObjectCallException(
                    ErrorCode.OBJECT_FAILED, "Oops", "x".repeat(10_000), Origin.OBJECT_CODE, null))
            .toException();
    assertThat(again)
        .isInstanceOfSatisfying(
            ObjectCallException.class,
            call -> {
              assertThat(call.errorName()).isEqualTo("Oops");
              assertThat(call.remote()).isTrue();
              assertThat(call.getMessage()).hasSize(4_097);
            });
    assertThat(
            StoredAnswer.Failure.of(new HoldfastException(ErrorCode.SQL_ERROR, "m")).toException())
        .isNotInstanceOf(ObjectCallException.class);
  }

  @Test
  void aFingerprintTellsCallsApart() {
    byte[] body = {1};
    Fingerprint first = Fingerprint.of(Request.get("http://host/a?b=1"), body);
    assertThat(first.matches(Fingerprint.of(Request.get("https://other:81/a?b=1#c"), body)))
        .isTrue();
    assertThat(first.matches(Fingerprint.of(Request.get("/a?b=1"), body))).isTrue();
    for (Fingerprint other :
        List.of(
            Fingerprint.of(Request.get("http://host/a?b=2"), body),
            Fingerprint.of(Request.get("http://host/"), body),
            Fingerprint.of(Request.get("http://host/a?b=1").withMethod("PUT"), body),
            Fingerprint.of(Request.get("http://host/a?b=1"), new byte[0]),
            Fingerprint.of(new RpcCall("GET", RpcCall.Encoding.JSON, body)))) {
      assertThat(first.matches(other)).isFalse();
    }
    Fingerprint call = Fingerprint.of(new RpcCall("m", RpcCall.Encoding.JSON, body));
    assertThat(call.matches(Fingerprint.of(new RpcCall("m", RpcCall.Encoding.JSON, body))))
        .isTrue();
    assertThat(call.matches(Fingerprint.of(new RpcCall("m", RpcCall.Encoding.CBOR, body))))
        .isFalse();
  }
}
