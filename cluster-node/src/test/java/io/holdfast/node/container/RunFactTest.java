package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ExitReason;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunFactTest {
  private static final ContainerOwner OWNER =
      new ContainerOwner("app", "box", "0a".repeat(32), "node-1", 0x1234);
  private static final RunFact FULL =
      RunFact.of(OWNER, "app:1")
          .asPrepared()
          .toldToEnd()
          .idlingAtMost(Duration.ofMinutes(2))
          .labelled(Map.of("team", "a"))
          .ended(new ContainerExit(143, ContainerExit.Reason.RUNTIME_SIGNAL));

  /** What lies on disks. It may only change together with a migration. */
  private static final String GOLDEN =
      "01"
          + "00000003617070"
          + "00000003626f78"
          + "00000040"
          + "3061".repeat(32)
          + "000000066e6f64652d31"
          + "0000000000001234"
          + "000000056170703a31"
          + "01"
          + "01"
          + "000000000001d4c0"
          + "00000001"
          + "000000047465616d"
          + "0000000161"
          + "0000008f"
          + "0000000e52554e54494d455f5349474e414c";

  @Test
  void isReadFromTheRowThatLiesOnDisks() {
    assertThat(HexFormat.of().formatHex(FULL.toRow())).isEqualTo(GOLDEN);
    assertThat(RunFact.ofRow(HexFormat.of().parseHex(GOLDEN))).isEqualTo(FULL);
  }

  @Test
  void whatIsNotKnownStaysUnknown() {
    RunFact empty = RunFact.of(OWNER, "app:1");
    assertThat(RunFact.ofRow(empty.toRow())).isEqualTo(empty);
  }

  @Test
  void theKeysOfOneObjectLieInTheOrderOfItsRuns() {
    ContainerOwner later =
        new ContainerOwner(OWNER.app(), OWNER.namespace(), OWNER.objectId(), "node-1", 1L << 40);
    assertThat(FULL.key()).isEqualTo("app/box/" + "0a".repeat(32) + "/0000000000001234");
    assertThat(RunFact.of(later, "app:1").key()).isGreaterThan(FULL.key());
  }

  @Test
  void otherBytesAreRefused() {
    byte[] row = FULL.toRow();
    row[0] = 9;
    assertThatThrownBy(() -> RunFact.ofRow(row)).isInstanceOf(HoldfastException.class);
    assertThatThrownBy(() -> RunFact.ofRow(new byte[] {1, 0, 0}))
        .isInstanceOf(HoldfastException.class);
  }

  @Test
  void theNotedEndCountsBeforeWhatTheEngineTells() {
    assertThat(FULL.endOr(new ExitReason.Destroyed()))
        .isEqualTo(new ContainerExit(143, ContainerExit.Reason.RUNTIME_SIGNAL));
    assertThat(RunFact.of(OWNER, "app:1").endOr(new ExitReason.Exited(3)))
        .isEqualTo(new ContainerExit(3, ContainerExit.Reason.EXIT));
    assertThat(RunFact.of(OWNER, "app:1").toldToEnd().endOr(new ExitReason.Destroyed()))
        .isEqualTo(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
  }
}
