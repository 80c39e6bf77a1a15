package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class KeysTest {
  private static final int[] CODE_POINTS = {
    0, 'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff
  };

  @Test
  void theOrderIsThatOfTheUtf8Bytes() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      String one = text(random);
      String other = text(random);
      assertThat(Integer.signum(Keys.ORDER.compare(one, other)))
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(utf8(one), utf8(other))));
      assertThat(Keys.utf8Length(one)).isEqualTo(utf8(one).length);
      assertThat(Keys.isWellFormed(one)).isTrue();
    }
  }

  @Test
  void thePrefixEndsAfterAllThatBeginSo() {
    Random random = new Random(2);
    for (int i = 0; i < 20_000; i++) {
      String prefix = text(random);
      String key = text(random);
      boolean inRange =
          Keys.ORDER.compare(key, prefix) >= 0
              && Keys.endOfPrefix(prefix).map(end -> Keys.ORDER.compare(key, end) < 0).orElse(true);
      assertThat(inRange).isEqualTo(key.startsWith(prefix));
    }
  }

  @Test
  void halfASurrogatePairIsNotWellFormed() {
    for (String text :
        new String[] {"\ud800", "\udc00", "a\ud800a", "\udc00\ud800", "\ud800\ud800\udc00"}) {
      assertThat(Keys.isWellFormed(text)).isFalse();
    }
  }

  @Test
  void theReferenceConfigIsTheDefault() {
    assertThat(DatabaseLimits.of(ConfigFactory.parseResources("reference.conf").resolve()))
        .isEqualTo(DatabaseLimits.DEFAULT);
  }

  @Test
  void limitsOutOfRangeNameTheirKey() {
    String text = "holdfast.database { bytes-max = 1, query-timeout = 1s, result-bytes-max = 1M }";
    assertThatThrownBy(() -> DatabaseLimits.of(ConfigFactory.parseString(text)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("holdfast.database.bytes-max");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.appendCodePoint(CODE_POINTS[random.nextInt(CODE_POINTS.length)]);
    }
    return text.toString();
  }
}
