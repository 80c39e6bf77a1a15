package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The orchestrator example in a real node, on real containers.
class FleetMultiJvmTest {
  private static final String TOKEN = "token-of-the-test";
  private static final int REQUESTS = 20;

  @TempDir Path directory;
  private NodeProcess node;

  @BeforeEach
  void start() {
    node =
        new NodeProcess(directory, List.of(Apps.example("orchestrator")))
            .withEnvironment("FLEET_ADMIN_TOKEN", TOKEN);
    node.start();
  }

  @AfterEach
  void clean() throws Exception {
    node.close();
    DockerCli.removeDeployment(node.deployment());
  }

  @Test
  void aFleetIsScaledBalancedOverItsHealthyInstancesAndKnownAfterKillNine() throws Exception {
    assertThat(node.get("/fleet/weur/welcome").status()).isEqualTo(503);
    assertThat(node.post("/fleet/weur/scale?count=2", "").status()).isEqualTo(401);
    scale(2);
    assertThat(answering()).containsExactlyInAnyOrder("instance-weur-0", "instance-weur-1");
    setHealthy("instance-weur-1", false);
    assertThat(answering()).containsExactly("instance-weur-0");
    node.kill();
    node.start();
    assertThat(answering()).containsExactly("instance-weur-0");
    setHealthy("instance-weur-1", true);
    assertThat(answering()).containsExactlyInAnyOrder("instance-weur-0", "instance-weur-1");
    scale(1);
    assertThat(answering()).containsExactly("instance-weur-0");
  }

  private void scale(int count) {
    node.post("/fleet/weur/scale?count=" + count, "", "authorization", "Bearer " + TOKEN).ok();
  }

  private void setHealthy(String instance, boolean healthy) throws IOException {
    node.post(
            "/v1/objects/orchestrator.manager/fleet/rpc/setHealthy",
            "[\"" + instance + "\", " + healthy + "]",
            "authorization",
            "Bearer " + node.apiToken())
        .ok();
  }

  /// Who answers a number of requests that one of two would miss once in 10^6.
  private Set<String> answering() {
    Set<String> instances = new HashSet<>();
    for (int i = 0; i < REQUESTS; i++) {
      NodeProcess.Answer answer = node.get("/fleet/weur/welcome");
      answer.ok();
      instances.add(answer.headers().get("x-instance"));
    }
    return instances;
  }
}
