package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.engine.ContainerStats;
import org.junit.jupiter.api.Test;

class DockerStatsTest {
  private static ContainerStats read(String memory) throws Exception {
    String json =
        """
        {"cpu_stats": {"cpu_usage": {"total_usage": 5000000}}, "pids_stats": {"current": 3},
         "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 1}, "eth1": {"rx_bytes": 20, "tx_bytes": 2}},
         "memory_stats": %s}
        """;
    return of(json.formatted(memory));
  }

  private static ContainerStats of(String json) throws Exception {
    JsonNode stats = new ObjectMapper().readTree(json);
    return DockerStats.of(stats, stats);
  }

  @Test
  void readsTheMemoryOfCgroupVersion1And2() throws Exception {
    ContainerStats expected = new ContainerStats(5_000, 900, 30, 3, 3);
    assertThat(
            read(
                "{\"usage\": 1000, \"stats\": {\"total_inactive_file\": 100, \"inactive_file\": 7}}"))
        .isEqualTo(expected);
    assertThat(read("{\"usage\": 1000, \"stats\": {\"inactive_file\": 100}}")).isEqualTo(expected);
  }

  @Test
  void readsAContainerWithoutNetworksOrMemoryFigures() throws Exception {
    assertThat(of("{}")).isEqualTo(new ContainerStats(0, 0, 0, 0, 0));
  }
}
