package io.holdfast.node.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class SelectorThreadsTest {
  /** The field of `/proc/<pid>/stat` that tells the scheduling policy, counted after the name. */
  private static final int POLICY = 38;

  @Test
  @EnabledOnOs(OS.LINUX)
  void theyRunInTheBackgroundClassOfTheKernel() throws Exception {
    FutureTask<String> policy =
        new FutureTask<>(() -> {
          assertThat(SelectorThreads.stepBehind()).isTrue();
          String stat = Files.readString(Path.of("/proc/thread-self/stat"));
          return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY];
        });
    Thread.ofPlatform().start(policy);

    assertThat(policy.get()).isEqualTo("3");
  }
}
