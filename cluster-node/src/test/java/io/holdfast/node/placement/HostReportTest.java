package io.holdfast.node.placement;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostReportTest {
  @Test
  void whatOneNodeSaysAnotherUnderstandsWhateverItsLanguage() {
    Locale before = Locale.getDefault();
    HostReport report = new HostReport(12.5, 0.25, 3, Set.of("7", "127"));
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(HostReport.parse(report.toBytes())).isEqualTo(report);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aNodeOnWhichNothingWaitsSaysThatToo() {
    assertThat(HostReport.parse(HostReport.NONE.toBytes())).isEqualTo(HostReport.NONE);
  }

  @Test
  void anythingElseIsRefused() {
    assertThatThrownBy(() -> HostReport.parse("1 2".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected four values, found 2");
  }
}
