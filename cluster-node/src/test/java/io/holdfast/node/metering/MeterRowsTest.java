package io.holdfast.node.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.InstanceType;
import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.protocol.NamespaceId;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The rows are stored: what is written today must be read for ever.
class MeterRowsTest {
  private static final ContainerMeter.Mark MARK =
      new ContainerMeter.Mark(InstanceType.LITE, 1, 2, 3, 4);

  @Test
  void readsBackAMarkInTheFormThatIsStored() {
    MeterTable.Row row = MeterRows.row(MeterFixture.owner(7), MARK);
    assertThat(HexFormat.of().formatHex(row.value()))
        .isEqualTo(
            "01"
                + "0000000000000001000000000000000200000000000000030000000000000004"
                + "3fb0000000000000"
                + "00000100"
                + "000007d0"
                + "6c697465");
    assertThat(MeterRows.marked(row))
        .isEqualTo(new MeterRows.MarkedOwner(MeterFixture.owner(7), MARK));
  }

  @Test
  void readsBackATotalInTheFormThatIsStored() {
    MeterRows.Key key = new MeterRows.Key(20_000, new NamespaceId("app", "boxes"));
    assertThat(HexFormat.of().formatHex(MeterRows.key(key)))
        .isEqualTo("4400004e20" + "617070" + "00" + "626f786573");
    assertThat(MeterRows.key(MeterRows.key(key))).isEqualTo(key);
    Usage usage = new Usage(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(Usage.decoded(usage.encoded())).isEqualTo(usage);
    assertThat(HexFormat.of().formatHex(usage.encoded())).startsWith("01" + "0000000000000001");
  }

  @Test
  void refusesRowsOfAnotherVersion() {
    byte[] later = Usage.NONE.encoded();
    later[0] = 2;
    assertThatThrownBy(() -> Usage.decoded(later)).hasMessageContaining("version 2");
    MeterTable.Row row = MeterRows.row(MeterFixture.owner(7), MARK);
    row.value()[0] = 2;
    assertThatThrownBy(() -> MeterRows.marked(row)).hasMessageContaining("version 2");
  }
}
