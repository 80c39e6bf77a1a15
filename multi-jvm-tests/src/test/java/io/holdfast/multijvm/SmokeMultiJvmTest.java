package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmokeMultiJvmTest {
  @TempDir Path directory;

  @Test
  void aCounterSurvivesKillNine() {
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.example("counter")))) {
      node.start();
      assertThat(node.post("/counter/a/inc", "").ok()).isEqualTo("{\"value\":1}");
      assertThat(node.post("/counter/a/inc?by=41", "").ok()).isEqualTo("{\"value\":42}");
      node.kill();
      node.start();
      assertThat(node.get("/counter/a/get").ok()).isEqualTo("{\"value\":42}");
      assertThat(node.get("/counter/a/log").ok()).contains("\"by\":41", "\"by\":1");
      assertThat(node.post("/counter/a/inc", "").ok()).isEqualTo("{\"value\":43}");
    }
  }

  @Test
  void aNodeThatIsAskedToStopEndsByItselfAndLosesNothing() {
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.example("counter")))) {
      node.start();
      node.post("/counter/a/inc?by=5", "").ok();
      assertThat(node.stop()).as("exit code after SIGTERM, log: %s", node.log()).isIn(0, 143);
      node.start();
      assertThat(node.get("/counter/a/get").ok()).isEqualTo("{\"value\":5}");
    }
  }

  @Test
  void aSecondNodeOnTheSameDataIsRefused() throws Exception {
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.example("counter")));
        NodeProcess second =
            new NodeProcess(directory.resolve("second"), List.of(Apps.example("counter")))) {
      node.start();
      second.with("holdfast.data-directory", directory.resolve("data").toString());
      assertThat(second.runToItsEnd()).isNotZero();
      assertThat(second.log()).contains("data_directory_locked");
      assertThat(node.post("/counter/a/inc", "").ok()).isEqualTo("{\"value\":1}");
    }
  }

  @Test
  void theServiceApiCallsAnObjectForWhoHasTheToken() throws Exception {
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.example("counter")))) {
      node.start();
      String call = "/v1/objects/counter.counters/a/rpc/increment";
      assertThat(node.post(call, "[7]").status()).isEqualTo(401);
      NodeProcess.Answer answer =
          node.post(call, "[7]", "authorization", "Bearer " + node.apiToken());
      assertThat(answer.ok()).contains("7");
      assertThat(node.get("/counter/a/get").ok()).isEqualTo("{\"value\":7}");
    }
  }
}
