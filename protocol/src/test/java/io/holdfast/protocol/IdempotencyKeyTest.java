package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IdempotencyKeyTest {
  private static void assertRefused(String key) {
    assertThatThrownBy(() -> new IdempotencyKey(key))
        .as("key '%s'", key)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void takesOneTo255CharactersOfPrintableAscii() {
    for (String key : new String[] {"a", "\"8e03978e\"", "a b", "~", "x".repeat(255)}) {
      assertThat(new IdempotencyKey(key).value()).isEqualTo(key);
    }
    for (String key : new String[] {"", "x".repeat(256), " a", "a ", "\u00e9", "\u0000", "a\nb"}) {
      assertRefused(key);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {71, 72, 73})
  void refusesWhateverElseThereIs(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      char[] chars = new char[random.nextInt(300)];
      for (int c = 0; c < chars.length; c++) {
        chars[c] =
            random.nextInt(50) == 0
                ? (char) random.nextInt(0x10000)
                : (char) ('!' + random.nextInt('~' - '!' + 1));
      }
      String key = new String(chars);
      boolean printable = key.chars().allMatch(c -> c >= ' ' && c <= '~');
      boolean trimmed = key.strip().equals(key);
      if (!key.isEmpty() && key.length() <= 255 && printable && trimmed) {
        assertThat(new IdempotencyKey(key).value()).as("seed %d", seed).isEqualTo(key);
      } else {
        assertRefused(key);
      }
    }
  }

  @Test
  void aRequestCarriesOneOrNone() {
    assertThat(IdempotencyKey.of(Headers.empty())).isEmpty();
    assertThat(IdempotencyKey.of(Headers.of("Idempotency-Key", "a")))
        .contains(new IdempotencyKey("a"));
    assertThatThrownBy(
            () -> IdempotencyKey.of(Headers.of("idempotency-key", "a", "Idempotency-Key", "a")))
        .hasMessageContaining("found 2 of them");
  }
}
