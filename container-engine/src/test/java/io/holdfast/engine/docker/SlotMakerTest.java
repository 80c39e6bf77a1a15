package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotMakerTest {
  @Test
  void livesUntilItsPoolIsClosed() {
    SlotMaker maker = SlotMaker.born();
    SlotMaker other = SlotMaker.born();
    assertThat(new SlotMaker(maker.label()).lives()).isTrue();
    maker.dies();
    assertThat(new SlotMaker(maker.label()).lives()).isFalse();
    assertThat(other.lives()).isTrue();
    other.dies();
  }

  @Test
  void livesInAnotherProcessOnlyWhileThatIsTheSameOne() {
    ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
    long startMillis = parent.info().startInstant().orElseThrow().toEpochMilli();
    String uuid = "-00000000-0000-0000-0000-000000000000";
    assertThat(new SlotMaker(parent.pid() + "-" + startMillis + uuid).lives()).isTrue();
    assertThat(new SlotMaker(parent.pid() + "-" + (startMillis - 5_000) + uuid).lives()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "me", "999999999-1-00000000-0000-0000-0000-000000000000"})
  void isDeadWhenNobodyCanSeeIt(String label) {
    assertThat(new SlotMaker(label).lives()).isFalse();
  }
}
