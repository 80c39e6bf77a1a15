package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes on a real Cassandra and Docker Engine under load, and faults that a seed chooses:
/// nodes and Cassandra killed, nodes stopped for a while, nodes that hear nothing or late from
/// others; on a Docker Engine of its own (root) that one is killed, too, and clocks are set up to
/// two hours wrong. No answer that was given is wrong, then or later.
///
/// A short run is part of the suite; more by `make chaos SEEDS=n SECONDS=n`, from the seed `SEED`
/// on. `MUTATE=no-lease` and `MUTATE=ack-early` take a safety mechanism away, and must fail;
/// `STRICT=on` makes appends strict.
class ChaosMultiJvmTest {
  private static final int NODES = 3;
  private static final int OBJECTS = 8;
  private static final int BOXES = 3;

  @TempDir Path directory;

  private final int seeds = Integer.getInteger("chaos.seeds", 1);
  private final long first = Long.getLong("chaos.seed", 1);
  private final Duration length = Duration.ofSeconds(Long.getLong("chaos.seconds", 10));
  private final Mutation mutation = Mutation.parse(System.getProperty("chaos.mutate", "none"));
  private final String strict = System.getProperty("chaos.strict", "off");

  /** As `scripts/chaos` has made it, with an image; `DOCKER_HOST` says so to all. */
  private final Optional<Path> ownDockerd =
      Optional.ofNullable(System.getProperty("chaos.dockerd")).map(Path::of);

  @Test
  void noAnswerIsWrongThenOrLater() throws Exception {
    if (ownDockerd.isEmpty()) {
      playAll(Optional.empty());
      return;
    }
    try (OwnDockerd engine = new OwnDockerd(ownDockerd.get())) {
      engine.start(OwnDockerd.Containers.END_WITH_IT);
      List<String> _ =
          engine.docker("load", "-q", "-i", ownDockerd.get().resolve("image.tar").toString());
      playAll(Optional.of(engine));
    }
  }

  private void playAll(Optional<OwnDockerd> engine) throws Exception {
    Map<String, Integer> violations = new TreeMap<>();
    List<Long> recoveries = new ArrayList<>();
    try (TestCluster cluster =
        TestCluster.gated(
            directory,
            NODES,
            this::mutated,
            Apps.ledger(directory),
            Apps.timers(directory),
            Apps.mail(directory),
            Apps.rooms(directory),
            Apps.boxes(directory))) {
      for (long seed = first; seed < first + seeds; seed++) {
        play(cluster, engine, seed, recoveries)
            .forEach((kind, count) -> violations.merge(kind, count, Integer::sum));
      }
    } finally {
      for (int node = 1; node <= NODES; node++) {
        Path id = directory.resolve("node-" + node + "/data/deployment-id");
        if (Files.exists(id)) {
          DockerCli.removeDeployment(Files.readString(id).strip());
        }
      }
    }
    System.out.printf(
        "chaos: %d seeds from %d, %s each, mutation %s, strict appends %s: violations %s; after a kill -9 an object"
            + " answers within p50 %s, p99 %s%n",
        seeds,
        first,
        length,
        mutation,
        strict,
        violations,
        quantile(recoveries, 0.5),
        quantile(recoveries, 0.99));
    assertThat(violations).isEmpty();
  }

  private NodeProcess mutated(NodeProcess node) {
    NodeProcess patient =
        node.with("holdfast.cluster.silent-max", "3 s") // All share this machine.
            .with("holdfast.persistence.cassandra.strict-append", strict);
    if (ownDockerd.isPresent()) {
      patient = patient.withJumpingClock();
    }
    return mutation == Mutation.NONE ? patient : patient.withJvmFlags(mutation.flag(directory));
  }

  private Map<String, Integer> play(
      TestCluster cluster, Optional<OwnDockerd> engine, long seed, List<Long> recoveries)
      throws Exception {
    ChaosLoad load = new ChaosLoad(cluster, seed, OBJECTS);
    ChaosFaults faults = new ChaosFaults(cluster, engine, seed);
    ChaosBoxes boxes = new ChaosBoxes(cluster, seed, BOXES);
    ChaosSockets sockets = new ChaosSockets(cluster, seed);
    load.start();
    sockets.start();
    boxes.start();
    try {
      faults.play(length);
    } finally {
      load.stop();
      boxes.stop();
      sockets.stop();
    }
    load.check(faults.clocksJumped());
    sockets.check();
    boxes.check();
    Map<String, Integer> violations = new TreeMap<>(load.violations());
    violations.putAll(boxes.violations());
    violations.putAll(sockets.violations());
    List<Long> own = faults.deaths().stream().flatMap(at -> load.recoveries(at).stream()).toList();
    recoveries.addAll(own);
    System.out.printf(
        "chaos: seed %d: faults %s; %d operations acknowledged, %d of unknown end, %d of boxes, %d"
            + " heard by %d WebSockets; violations %s; recovery p50 %s, max %s%n",
        seed,
        faults.counts(),
        load.acknowledged(),
        load.unknown(),
        boxes.acknowledged(),
        sockets.heard(),
        sockets.connections(),
        violations,
        quantile(own, 0.5),
        quantile(own, 1));
    return violations;
  }

  private static String quantile(List<Long> millis, double share) {
    return millis.isEmpty() ? "(none)" : Quantiles.of(millis, share) + " ms";
  }
}
