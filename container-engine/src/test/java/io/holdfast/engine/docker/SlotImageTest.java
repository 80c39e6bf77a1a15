package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SlotImageTest {
  private static final int SIGTERM = 15;

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void itsProgramWaitsUntilItIsEnded(@TempDir Path folder) throws Exception {
    Path program = folder.resolve("hold");
    Files.write(program, SlotImage.program());
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Process process = new ProcessBuilder(program.toString()).start();
    try {
      assertThat(process.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
      process.destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + SIGTERM);
    } finally {
      process.destroyForcibly();
    }
  }
}
