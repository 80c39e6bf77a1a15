package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BookmarkTest {
  private static final ObjectAddress ROOM = ObjectAddress.parse("app.rooms/" + "0a".repeat(32));
  private static final ObjectAddress OTHER = ObjectAddress.parse("app.rooms/" + "0b".repeat(32));

  @Test
  void sortsAsTextLikeTheCommitsItNames() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      Bookmark one = random(random);
      Bookmark other = random(random);
      int expected =
          one.txSeq() == other.txSeq()
              ? Integer.compareUnsigned(one.epoch(), other.epoch())
              : Long.compare(one.txSeq(), other.txSeq());
      assertThat(Integer.signum(one.toString().compareTo(other.toString())))
          .as("seed 7, %s and %s", one, other)
          .isEqualTo(Integer.signum(expected));
    }
  }

  private static Bookmark random(Random random) {
    long txSeq = random.nextLong() >>> (1 + random.nextInt(63));
    return Bookmark.of(ROOM, txSeq, random.nextInt(1000));
  }

  @Test
  void isReadBackAsItWasWritten() {
    for (long number : List.of(0L, 1L, 255L, Long.MAX_VALUE)) {
      for (ObjectAddress object : List.of(ROOM, OTHER)) {
        Bookmark bookmark = Bookmark.of(object, number, 0xFFFF_FFFFL);
        assertThat(bookmark.toString()).hasSize(33);
        assertThat(Bookmark.parse(bookmark.toString())).isEqualTo(bookmark);
      }
    }
  }

  @Test
  void knowsItsObject() {
    Bookmark bookmark = Bookmark.of(ROOM, 3, 1);
    assertThat(bookmark.isOf(ROOM)).isTrue();
    assertThat(bookmark.isOf(OTHER)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "0000000000000001",
        "0000000000000001-",
        "0000000000000001-000000000000000",
        "0000000000000001-00000000000000001",
        "0000000000000001_0000000000000001",
        "000000000000000A-0000000000000001",
        "8000000000000000-0000000000000001",
        "ffffffffffffffff-0000000000000001",
        " 000000000000001-0000000000000001",
        "0000000000000001-0000000000000001\n",
      })
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> Bookmark.parse(text))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("expected a bookmark of 16 hex digits");
  }
}
