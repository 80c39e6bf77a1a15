package io.holdfast.node.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The bytes of rows never change: an object must read what an earlier version wrote.
final class RowsTest {
  private static final Letter LETTER =
      new Letter(7, "take", new byte[] {1, 2}, Optional.of("röom"));
  private static final String LETTER_HEX =
      "0000000474616b65" + "0100000005" + "72c3b66f6d" + "000000020102";

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void aLetter() {
    assertThat(hex(LETTER.toBytes())).isEqualTo("01" + LETTER_HEX);
    assertThat(Letter.fromBytes(7, LETTER.toBytes())).usingRecursiveComparison().isEqualTo(LETTER);
    Letter nameless = new Letter(8, "", new byte[0], Optional.empty());
    assertThat(Letter.fromBytes(8, nameless.toBytes()))
        .usingRecursiveComparison()
        .isEqualTo(nameless);
  }

  @Test
  void tries() {
    Tries tries = new Tries(1, 2, 3, 4, ErrorCode.TIMEOUT, "x");
    assertThat(hex(tries.toBytes()))
        .isEqualTo(
            "01"
                + "00000001"
                + "00000002"
                + "0000000000000003"
                + "0000000000000004"
                + "0000000774696d656f7574"
                + "0000000178");
    assertThat(Tries.fromBytes(tries.toBytes())).isEqualTo(tries);
  }

  @Test
  void aBuriedLetter() {
    BuriedLetter buried = new BuriedLetter(LETTER, "a.b/c", 9, 16, ErrorCode.TIMEOUT, "m", true);
    assertThat(hex(buried.toBytes()))
        .isEqualTo(
            "01"
                + LETTER_HEX
                + "00000005612e622f63"
                + "0000000000000009"
                + "00000010"
                + "0000000774696d656f7574"
                + "000000016d"
                + "01");
    assertThat(BuriedLetter.fromBytes(7, buried.toBytes()))
        .usingRecursiveComparison()
        .isEqualTo(buried);
  }

  @Test
  void rowsThatBreakOffOrAreOfAnotherVersionAreRefused() {
    byte[] whole = LETTER.toBytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Letter.fromBytes(7, cut))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
    }
    byte[] newer = whole.clone();
    newer[0] = 2;
    assertThatThrownBy(() -> Letter.fromBytes(7, newer)).hasMessageContaining("version 2");
  }
}
