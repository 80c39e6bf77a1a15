package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Calls between objects: streams, limits, retries.
class RpcTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static long at(Answer answer, int index) {
    return answer.value().get(index).longValue();
  }

  // ---- streams

  @Test
  void aStreamAsAnArgumentIsReadToItsEnd() {
    Answer answer = node.call("caller", "s1", "sendStream", "s1", 5_000_000, 0);
    assertThat(at(answer, 0)).isEqualTo(5_000_000);
    assertThat(at(answer, 1)).isEqualTo(5_000_000);
  }

  @Test
  void aStreamThatNobodyReadsFurtherIsNotMadeFurther() {
    Answer answer = node.call("caller", "s2", "sendStream", "s2", Long.MAX_VALUE, 100_000);
    assertThat(at(answer, 0)).isBetween(100_000L, 200_000L);
    assertThat(at(answer, 1)).isLessThan(200_000);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamAsAResultIsReadToItsEndAndClosed(boolean soon) {
    long closed = node.call("caller", "s3", "lettersClosed").value().longValue();
    Answer answer = node.call("caller", "s3", "receiveStream", "s3", 26_000, soon);
    assertThat(at(answer, 0)).isEqualTo(26_000);
    assertThat(at(answer, 1)).isEqualTo(1000L * (('a' + 'z') * 26 / 2));
    assertThat(node.call("caller", "s3", "lettersClosed").value().longValue())
        .isGreaterThan(closed);
  }

  @Test
  void theErrorOfAMethodThatWouldReturnAStreamIsItsError() {
    Answer answer = node.call("caller", "s4", "receiveFailure", "s4");
    assertThat(answer.code()).isEqualTo("object_failed");
    assertThat(answer.message()).isEqualTo("out of letters");
  }

  @Test
  void streamsAndValuesAreNotTakenForEachOther() {
    assertThat(node.call("caller", "s5", "mismatch", "s5", "argument").text())
        .contains("expected java.io.InputStream as argument 1", "found a value");
    assertThat(node.call("caller", "s5", "mismatch", "s5", "result").text())
        .contains("expected java.lang.String from method", "found a stream");
    assertThat(node.call("caller", "s5", "mismatch", "s5", "value").text())
        .contains("expected java.io.InputStream from method", "found a value");
  }

  @Test
  void theServiceApiSendsAStreamAsBytes() {
    HttpRequest request =
        node.request("/v1/objects/echo/s6/rpc/letters")
            .POST(HttpRequest.BodyPublishers.ofString("[30]"))
            .build();
    HttpResponse<String> response = node.send(request, BodyHandlers.ofString());
    assertThat(response.headers().firstValue("content-type")).hasValue("application/octet-stream");
    assertThat(response.body()).isEqualTo("abcdefghijklmnopqrstuvwxyzabcd");
    assertThat(node.call("echo", "s6", "count", "text", 0).code()).isEqualTo("invalid_argument");
  }

  // ---- limits

  @Test
  void callsInsideCallsEndAtTheirDepth() {
    assertThat(node.call("caller", "d", "depth", 64).number()).isEqualTo(64);
    Answer answer = node.call("caller", "d", "depth", 65);
    assertThat(answer.code()).isEqualTo("call_too_deep");
    assertThat(answer.status()).isEqualTo(508);
  }

  @Test
  void argumentsBeyondTheLimitAreRefusedWhereTheyAreMade() {
    assertThat(node.call("caller", "l", "tooLarge").text()).isEqualTo("body_too_large");
  }

  // ---- retries

  @Test
  void aCallIsSentAgainWhenItsObjectWasReset() {
    assertThat(node.call("caller", "r", "callUnsteady", "r1", "abort", 2, 3).number()).isEqualTo(3);
  }

  @Test
  void retriesEnd() {
    Answer answer = node.call("caller", "r", "callUnsteady", "r2", "abort", 5, 2);
    assertThat(answer.code()).isEqualTo("object_reset");
    assertThat(node.call("fragile", "r2", "tries").number()).isEqualTo(3);
  }

  @Test
  void whatTheObjectItselfThrewIsNotTriedAgain() {
    Answer answer = node.call("caller", "r", "callUnsteady", "r3", "STORAGE_FAILED", 1, 3);
    assertThat(answer.code()).isEqualTo("storage_failed");
    assertThat(answer.flag("remote")).isTrue();
    assertThat(node.call("fragile", "r3", "tries").number()).isEqualTo(1);
  }
}
