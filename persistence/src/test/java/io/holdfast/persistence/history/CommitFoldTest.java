package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.writer.ObjectLog;
import io.holdfast.persistence.writer.Recovery;
import io.holdfast.persistence.writer.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which commits count, against what recovery makes of the same events.
class CommitFoldTest {
  private static final String OBJECT = "app.rooms/0123";

  private static StoredObject recovered(List<PageDelta> events) {
    Recovery recovery = new Recovery(OBJECT);
    events.forEach(recovery::add);
    return recovery.finish();
  }

  private static List<StoredCommit> folded(List<PageDelta> events) {
    List<StoredCommit> commits = new ArrayList<>();
    CommitFold fold = new CommitFold(0, commits::add);
    events.forEach(fold::add);
    fold.finish();
    return commits;
  }

  private static List<PageDelta> commit(ObjectLog log, Random random, int pages) {
    byte[] bytes = new byte[pages * 4096];
    random.nextBytes(bytes);
    List<PageDelta> parts =
        log.begin(new Commit(log.image(), new DatabaseImage(bytes, 4096), 1, log.alarm()), 1);
    log.stored();
    return parts;
  }

  @Test
  void aZombiesLastCommitGivesWayToThatOfItsSuccessor() {
    Random random = new Random(1);
    List<PageDelta> events = new ArrayList<>();
    ObjectLog zombie = new ObjectLog(OBJECT, recovered(events));
    events.addAll(commit(zombie, random, 1));
    ObjectLog successor = new ObjectLog(OBJECT, recovered(events));
    events.addAll(commit(zombie, random, 1));
    events.addAll(commit(successor, random, 2));
    events.addAll(commit(zombie, random, 1));
    assertThat(folded(events))
        .extracting(StoredCommit::txSeq, StoredCommit::epoch)
        .containsExactly(tuple(1L, 1L), tuple(2L, 2L));
  }

  static LongStream seeds() {
    return LongStream.range(0, 25);
  }

  /// Writers that crash in the middle of groups, and zombies that store one more.
  @ParameterizedTest
  @MethodSource("seeds")
  void agreesWithRecovery(long seed) {
    Random random = new Random(seed);
    List<PageDelta> events = new ArrayList<>();
    ObjectLog log = new ObjectLog(OBJECT, recovered(events));
    boolean known = false;
    for (int step = 0; step < 60; step++) {
      List<PageDelta> parts = commit(log, random, random.nextInt(5) == 0 ? 60 : 1);
      // Two writers of one epoch are what leases are there to prevent.
      switch (known ? random.nextInt(6) : 5) {
        case 0 -> {
          // A crash: some of the parts are there.
          events.addAll(parts.subList(0, random.nextInt(parts.size() + 1)));
          log = new ObjectLog(OBJECT, recovered(events));
          known = false;
        }
        case 1 -> {
          // A successor reads, then the old one stores its last, then the successor writes.
          ObjectLog successor = new ObjectLog(OBJECT, recovered(events));
          events.addAll(parts);
          events.addAll(commit(successor, random, 1));
          log = successor;
        }
        default -> {
          events.addAll(parts);
          known = true;
        }
      }
      List<StoredCommit> commits = folded(events);
      long last = commits.isEmpty() ? 0 : commits.getLast().txSeq();
      assertThat(last).as("seed %d, step %d", seed, step).isEqualTo(recovered(events).txSeq());
      for (int i = 0; i < commits.size(); i++) {
        assertThat(commits.get(i).txSeq()).as("seed %d, step %d", seed, step).isEqualTo(i + 1L);
      }
    }
  }
}
