package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.testcassandra.TestCassandra;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Homes in a real Cassandra.
class CassandraPlacementsIT {
  @TempDir static Path directory;
  private static TestCassandra cassandra;
  private static CqlSession session;
  private static CassandraPlacements placements;

  @BeforeAll
  static void start() throws Exception {
    cassandra = TestCassandra.start(directory);
    session = CassandraSessions.open(List.of(cassandra.contactPoint()), cassandra.datacenter());
    new CassandraSchema("holdfast").create(session, Replication.parse("datacenter1=1"));
    placements = new CassandraPlacements(session, "holdfast");
  }

  @AfterAll
  static void stop() {
    session.close();
    cassandra.close();
  }

  @Test
  void ofManyWhoGiveAnObjectItsHomeAtOnceOneDoesAndAllAreToldWhere() {
    for (int round = 0; round < 20; round++) {
      String object = "race" + round;
      List<CompletableFuture<Placement>> claims =
          IntStream.range(0, 6)
              .mapToObj(region -> placements.claim(object, Placement.first("region" + region)))
              .toList();
      Set<Placement> homes =
          claims.stream().map(CompletableFuture::join).collect(Collectors.toSet());
      assertThat(homes).hasSize(1);
      assertThat(placements.current(object).join()).contains(homes.iterator().next());
      assertThat(placements.known(object).join()).contains(homes.iterator().next());
    }
  }

  @Test
  void aHomeIsReplacedByWhoKnowsItAndByNobodyElse() {
    Placement first = placements.claim("moves", Placement.first("eu")).join();
    Placement next = first.next("us", 17);
    assertThat(placements.replace("moves", first, next).join()).isTrue();
    assertThat(placements.replace("moves", first, first.next("ap", 3)).join()).isFalse();
    assertThat(placements.current("moves").join()).contains(new Placement("us", 2, 17));
    assertThat(placements.claim("moves", Placement.first("eu")).join()).isEqualTo(next);
  }

  @Test
  void anObjectWithoutAHomeHasNone() {
    assertThat(placements.known("nobody").join()).isEmpty();
    assertThat(placements.current("nobody").join()).isEmpty();
    assertThat(placements.replace("nobody", Placement.first("eu"), Placement.first("us")).join())
        .isFalse();
  }

  @Test
  void whatIsSaidOfARegionCountsUpAndIsKnown() {
    CassandraRegionStates states = new CassandraRegionStates(session, "holdfast");
    assertThat(states.known().join()).isEmpty();
    assertThat(states.declare("us", false).join()).isEqualTo(RegionState.UNSAID);
    assertThat(states.declare("us", true).join()).isEqualTo(new RegionState(1, true));
    assertThat(states.declare("us", true).join()).isEqualTo(new RegionState(1, true));
    assertThat(states.declare("us", false).join()).isEqualTo(new RegionState(2, false));
    assertThat(states.known().join()).containsExactly(Map.entry("us", new RegionState(2, false)));
  }
}
