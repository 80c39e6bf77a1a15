package io.holdfast.persistence.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/*
 * Three objects archive, sleep, are restored to former states, forked and snapshotted, while time goes on and sweeps run; the
 * machine dies at any step, and between any two steps of one of them another may run from beginning to end. After each step
 * everything that somebody may still ask for must come back byte for byte: the archive that each object has committed, those
 * that it had committed within the retention, every snapshot. In the end nothing else may be left.
 */
class ArchiveSimulation {
  private static final Duration RETENTION = Duration.ofDays(7);
  private static final Duration TTL = Duration.ofDays(30);
  private static final ArchiveLimits LIMITS = new ArchiveLimits(1L << 20, 100, 100);
  private static final List<String> OBJECTS = List.of("app.boxes/1", "app.boxes/2", "app.boxes/3");

  /// A state that an object had committed.
  private record Past(Optional<BlobId> archive, Instant until) {}

  private record Shot(String id, Instant expires) {}

  private static final class World {
    private final Random random;
    private final SimulatedBlobs disk;
    private final boolean guarded;
    private Instant now = Instant.ofEpochSecond(1_700_000_000);
    private Archives archives;

    /** What the objects' own databases say: durable, and never lost. */
    private final Map<String, Optional<BlobId>> committed = new HashMap<>();

    private final Map<String, List<Past>> past = new HashMap<>();
    private final List<Shot> shots = new ArrayList<>();
    private final Map<BlobId, Map<String, String>> contents = new HashMap<>();
    private boolean nested;
    private int count;

    World(long seed, boolean guarded) {
      this.random = new Random(seed);
      this.disk = new SimulatedBlobs(random);
      this.guarded = guarded;
      this.archives = open();
      OBJECTS.forEach(object -> {
        committed.put(object, Optional.empty());
        past.put(object, new ArrayList<>());
      });
    }

    private Archives open() {
      ArchiveReferences references = new ArchiveReferences(disk, () -> now, RETENTION);
      BlobsInUse inUse =
          guarded
              ? new BlobsInUse()
              : new BlobsInUse() {
                @Override
                boolean isInUse(BlobId id) {
                  return false;
                }
              };
      return new Archives(disk, references, inUse);
    }

    private String anyObject() {
      return OBJECTS.get(random.nextInt(OBJECTS.size()));
    }

    /** Few contents, so that archives share pieces, also with those that were removed. */
    private Archives.Work work(Optional<BlobId> earlier, Map<String, String> files) {
      Tree tree = new Tree().directory("w");
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        String content = ("content " + random.nextInt(6)).repeat(50);
        tree.file("w/" + i, content.getBytes(UTF_8));
        files.put("w/" + i, content);
      }
      return new Archives.Work(
          List.of(tree.at("/w")), List.of(), earlier, LIMITS, new ArchiveProgress());
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> archive(anyObject());
        case 4, 5, 6 -> sweep();
        case 7 -> now = now.plus(Duration.ofDays(random.nextInt(5)));
        case 8 -> goBack(anyObject(), anyObject());
        case 9 -> snapshot();
        case 10 -> discard(anyObject());
        default -> refresh();
      }
    }

    private void sweep() {
      if (Thread.holdsLock(archives.sweep())) {
        return;
      }
      var _ = random.nextBoolean() ? archives.sweep().run() : archives.sweep().runWhenNeeded();
    }

    private void archive(String object) {
      Map<String, String> files = new TreeMap<>();
      Archives.Kept kept = archives.keep(object, work(committed.get(object), files));
      contents.put(kept.id(), files);
      commit(object, Optional.of(kept.id()));
      if (random.nextInt(4) != 0) {
        archives.supersede(object, kept.id(), kept.pin()); // Else the node died before.
      }
    }

    private void commit(String object, Optional<BlobId> archive) {
      Optional<BlobId> before = committed.put(object, archive);
      if (!before.equals(archive)) {
        past.get(object).add(new Past(before, now.plus(RETENTION)));
      }
    }

    /** Also of another object: a fork. */
    private void goBack(String object, String of) {
      List<Past> all =
          past.get(of).stream()
              .filter(p -> p.archive().isPresent() && p.until().isAfter(now))
              .toList();
      if (all.isEmpty()) {
        return;
      }
      BlobId archive = all.get(random.nextInt(all.size())).archive().get();
      assertThat(archives.keepAgain(object, archive)).isTrue();
      commit(object, Optional.of(archive));
    }

    private void discard(String object) {
      long pin = archives.references().nextPin(object);
      commit(object, Optional.empty());
      archives.references().supersede(object, Optional.empty(), pin);
    }

    private void snapshot() {
      Map<String, String> files = new TreeMap<>();
      count++;
      String id = "id" + count;
      Instant expires = now.plus(TTL);
      Archives.Kept shot =
          archives.keep(
              work(Optional.empty(), files),
              kept ->
                  new StoredSnapshot(
                      "app",
                      id,
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty(),
                      kept.id(),
                      kept.bytes(),
                      now,
                      expires));
      contents.put(shot.id(), files);
      shots.add(new Shot(id, expires));
    }

    private void refresh() {
      if (!shots.isEmpty()) {
        Shot shot = shots.get(random.nextInt(shots.size()));
        archives
            .references()
            .refreshed("app", shot.id(), TTL)
            .ifPresent(
                found -> shots.replaceAll(s -> s == shot ? new Shot(s.id(), found.expires()) : s));
      }
    }

    /** Now and then something else runs between two steps. */
    void interleave() {
      disk.between(() -> {
        if (!nested && !holdsLock() && random.nextInt(6) == 0) {
          nested = true;
          try {
            step();
          } finally {
            nested = false;
          }
        }
      });
    }

    /** What a lock keeps out does not come in. */
    private boolean holdsLock() {
      return Thread.holdsLock(archives.references()) || Thread.holdsLock(archives.inUse());
    }

    void check() {
      committed.values().forEach(archive -> archive.ifPresent(this::checkWhole));
      past.values()
          .forEach(all ->
              all.stream()
                  .filter(p -> p.until().isAfter(now))
                  .flatMap(p -> p.archive().stream())
                  .forEach(this::checkWhole));
      for (Shot shot : shots) {
        if (shot.expires().isAfter(now)) {
          checkWhole(archives.references().snapshot("app", shot.id()).orElseThrow().archive());
        }
      }
    }

    private void checkWhole(BlobId archive) {
      Map<String, String> found = new TreeMap<>();
      Tree.read(archives.tar(archive, Placement.SAME, new ArchiveProgress()))
          .forEach((name, file) -> {
            if (file.entry().isFile()) {
              found.put(name, new String(file.content(), UTF_8));
            }
          });
      assertThat(found).isEqualTo(contents.get(archive));
    }

    void crash() {
      disk.restart();
      nested = false;
      archives = open();
    }

    /** Nobody wants anything any more. */
    void end() {
      OBJECTS.forEach(this::discard);
      now = now.plus(TTL).plus(RETENTION);
      var _ = archives.sweep().runWhenNeeded();
    }
  }

  static IntStream seeds() {
    return IntStream.rangeClosed(1, 60);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingThatIsNeededIsEverLost(int seed) {
    World world = new World(seed, true);
    for (int round = 0; round < 60; round++) {
      world.interleave();
      if (world.random.nextInt(5) == 0) {
        world.disk.dieAt(1 + world.random.nextInt(12));
      }
      try {
        world.step();
        world.disk.dieAt(Integer.MAX_VALUE);
        world.disk.between(() -> {});
      } catch (SimulatedBlobs.Crash _) {
        world.crash();
      }
      world.check();
    }
    world.disk.between(() -> {});
    world.end();
    assertThat(world.disk.count()).isZero();
  }

  @Test
  void aMachineThatDiesAtAnyStepOfAnArchiveKeepsTheOneBefore() {
    int steps = stepsOfTheSecondArchive(Integer.MAX_VALUE);
    assertThat(steps).isGreaterThan(4);
    for (int step = 1; step <= steps; step++) {
      int _ = stepsOfTheSecondArchive(step);
    }
  }

  private static int stepsOfTheSecondArchive(int deadly) {
    World world = new World(7, true);
    world.archive(OBJECTS.get(0));
    int before = world.disk.steps();
    world.disk.dieAt(deadly);
    try {
      world.archive(OBJECTS.get(0));
      world.disk.dieAt(Integer.MAX_VALUE);
    } catch (SimulatedBlobs.Crash _) {
      world.crash();
    }
    int steps = world.disk.steps() - before;
    world.check();
    var _ = world.archives.sweep().run();
    world.check();
    world.archive(OBJECTS.get(0));
    world.check();
    return steps;
  }

  @Test
  void withoutTheGuardASweepRemovesWhatAnArchiveInTheMakingCountsOn() {
    assertThatThrownBy(
            () -> {
              for (int seed = 1; seed <= 60; seed++) {
                World world = new World(seed, false);
                for (int round = 0; round < 60; round++) {
                  world.interleave();
                  world.step();
                  world.disk.between(() -> {});
                  world.check();
                }
              }
            })
        .isInstanceOfAny(HoldfastException.class, AssertionError.class);
  }
}
