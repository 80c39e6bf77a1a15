package io.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
  @TempDir private Path directory;

  private static void assertRefused(ThrowingCallable task, ErrorCode code, String message) {
    assertThatThrownBy(task)
        .isInstanceOfSatisfying(HoldfastException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  @Test
  void aJurisdictionMayStandAmongTheSettings() {
    DataCommand command =
        DataCommand.parse(
            "export",
            "a.copy",
            "--set",
            "holdfast.node=x",
            "--jurisdiction",
            "eu",
            "--set",
            "holdfast.store=cassandra");
    assertThat(command.law()).contains(Jurisdiction.EU);
    assertThat(command.config().getString("holdfast.node")).isEqualTo("x");
    assertThat(command.config().getString("holdfast.store")).isEqualTo("cassandra");
    assertThat(DataCommand.parse("import", "a.copy").law()).isEmpty();
  }

  @Test
  void whatCannotBeReadIsRefusedWithWhatWasExpected() {
    assertRefused(
        () -> DataCommand.parse("export", "a.copy", "--jurisdiction"),
        ErrorCode.CONFIG_INVALID,
        "found 'data export a.copy --jurisdiction'");
    assertRefused(
        () -> DataCommand.parse("export", "a.copy", "--jurisdiction", "mars"),
        ErrorCode.INVALID_ARGUMENT,
        "expected a jurisdiction of eu, us, fedramp, fedramp-high, found 'mars'");
    assertRefused(
        () -> DataCommand.parse("copy", "a.copy"),
        ErrorCode.CONFIG_INVALID,
        "found 'data copy a.copy'");
  }

  @Test
  void aDataDirectoryHasAllInOnePlace() {
    DataCommand command =
        DataCommand.parse(
            "export",
            directory.resolve("a.copy").toString(),
            "--jurisdiction",
            "eu",
            "--set",
            "holdfast.data-directory=" + directory);
    assertRefused(
        () -> command.run(new PrintStream(PrintStream.nullOutputStream())),
        ErrorCode.CONFIG_INVALID,
        "--jurisdiction: expected holdfast.store = cassandra");
  }
}
