package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.testcassandra.TestCassandra;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Leases in a real Cassandra.
class CassandraLeasesIT {
  private static final Duration MARGIN = Duration.ofMillis(100);

  @TempDir static Path directory;
  private static TestCassandra cassandra;
  private static CqlSession session;
  private static CassandraLeases leases;

  @BeforeAll
  static void start() throws Exception {
    cassandra = TestCassandra.start(directory);
    session = CassandraSessions.open(List.of(cassandra.contactPoint()), cassandra.datacenter());
    new CassandraSchema("holdfast").create(session, Replication.parse("datacenter1=1"));
    leases = new CassandraLeases(session, "holdfast", Duration.ofSeconds(5));
  }

  @AfterAll
  static void stop() {
    session.close();
    cassandra.close();
  }

  private static Lease lease(String name, String owner, Duration ttl) {
    return new Lease(name, owner, leases, ttl, MARGIN, System::nanoTime);
  }

  @Test
  void ofManyWhoWantItAtOnceOneHasItAndTokensCountUp() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 1; round <= 20; round++) {
        List<Callable<Lease>> tasks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          Lease lease = lease("many", "p" + i, Duration.ofMinutes(1));
          tasks.add(() -> {
            boolean _ = lease.tryAcquire();
            return lease;
          });
        }
        List<Lease> holders = new ArrayList<>();
        for (Future<Lease> task : threads.invokeAll(tasks)) {
          if (task.get().isHeld()) {
            holders.add(task.get());
          }
        }
        assertThat(holders).as("round %d", round).hasSize(1);
        assertThat(holders.getFirst().token()).hasValue(round);
        holders.getFirst().release();
      }
    }
  }

  @Test
  void aSilentOwnerLosesItAndIsToldSo() throws Exception {
    Duration ttl = Duration.ofMillis(600);
    Lease silent = lease("silent", "a", ttl);
    Lease other = lease("silent", "b", ttl);
    assertThat(silent.tryAcquire()).isTrue();
    assertThat(silent.renew()).isTrue();
    while (!other.tryAcquire()) {
      Thread.sleep(20);
    }
    assertThat(silent.isHeld()).isFalse();
    assertThat(silent.renew()).isFalse();
    assertThat(silent.tryAcquire()).isFalse();
    assertThat(other.token()).hasValue(2);
  }

  @Test
  void theSameProcessFindsItsOwnLeaseAgain() {
    assertThat(lease("again", "a", Duration.ofMinutes(1)).tryAcquire()).isTrue();
    Lease again = lease("again", "a", Duration.ofMinutes(1));
    assertThat(again.tryAcquire()).isTrue();
    assertThat(again.token()).hasValue(1);
  }

  @Test
  void whileCassandraIsAwayItIsHeldToItsEndAndGoesOnAfterwards() throws Exception {
    Lease lease = lease("away", "a", Duration.ofMinutes(1));
    assertThat(lease.tryAcquire()).isTrue();

    cassandra.kill();
    assertThatThrownBy(lease::renew)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FAILED));
    assertThat(lease.isHeld()).isTrue();
    cassandra.restart();

    boolean renewed = false;
    while (!renewed) {
      try {
        renewed = lease.renew();
      } catch (HoldfastException _) {
        Thread.sleep(100); // Not connected again yet.
      }
    }
    assertThat(lease.token()).hasValue(1);
    assertThat(lease("away", "b", Duration.ofMinutes(1)).tryAcquire()).isFalse();
  }

  @Test
  void theLeasesOfANodeThatDiedAreTakenAsSoonAsItsSessionIsOver() {
    Duration ttl = Duration.ofMillis(800);
    NodeLeases dies = new NodeLeases("eu", "dies", leases, leases, ttl, MARGIN, System::nanoTime);
    dies.open(); // Gives no sign of life after that.
    assertThat(dies.acquire("shard-1")).isTrue();
    assertThat(dies.acquire("shard-2")).isTrue();
    try (NodeLeases lives =
        new NodeLeases("eu", "lives", leases, leases, ttl, MARGIN, System::nanoTime)) {
      lives.start();
      long began = System.nanoTime();
      while (!lives.acquire("shard-1")) {
        assertThat(dies.isHeld("shard-1") && lives.isHeld("shard-1")).isFalse();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
      assertThat(lives.acquire("shard-2")).as("without another wait").isTrue();
      assertThat(dies.isAlive()).isFalse();
      assertThat(leases.sessions("eu")).containsExactly("lives");
    }
    assertThat(leases.sessions("eu")).isEmpty();
  }

  @Test
  void ofTheSharesOfANamespaceNoneIsWrittenOverAnother() throws Exception {
    InstanceTable table = new CassandraInstances(session, "holdfast");
    assertThat(table.read("eu|app.boxes")).isEqualTo(InstanceShares.NONE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        String life = "life-" + i;
        tasks.add(() -> {
          for (int share = 1; share <= 3; ) {
            if (table.swap("eu|app.boxes", table.read("eu|app.boxes").with(life, share))) {
              share++;
            }
          }
          return null;
        });
      }
      for (Future<Void> task : threads.invokeAll(tasks)) {
        assertThat(task.get()).isNull();
      }
    }
    InstanceShares all = table.read("eu|app.boxes");
    assertThat(all.version()).isEqualTo(18);
    assertThat(all.byLife()).hasSize(6).allSatisfy((_, share) -> assertThat(share).isEqualTo(3));
    assertThat(all.ofOthers("life-0")).isEqualTo(15);
    assertThat(table.swap("eu|app.boxes", all.with("life-0", 0))).isTrue();
    assertThat(table.swap("eu|app.boxes", all.with("life-0", 9))).as("no longer there").isFalse();
    assertThat(table.read("eu|app.boxes").byLife()).doesNotContainKey("life-0");
    assertThat(table.read("us|app.boxes")).isEqualTo(InstanceShares.NONE);
  }
}
