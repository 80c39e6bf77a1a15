package io.holdfast.persistence.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageHashes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// One object, its writers and its journal, on one scheduler that a seed drives: commits, merges,
/// fsyncs, crashes, successors that start while their predecessor still writes, snapshots.
///
/// Invariant, checked at each recovery and at the end: every acknowledged commit is in the
/// recovered image, the image is that of the last commit in it, and its sum is right.
///
/// A successor starts only once its predecessor's epoch is durable: two writers of the same epoch
/// are what the lease (DESIGN 7) is there to prevent.
class WriterSimulation {
  private static final int STEPS = 400;
  private static final int PAGE_SIZE = 512;

  /// Room for the ids of as many commits as there are steps.
  private static final int ID_PAGES = 8;

  /// What is broken on purpose.
  private enum Mutation {
    NONE,
    ACKNOWLEDGES_BEFORE_DURABLE,
    NEVER_RAISES_THE_EPOCH,
    ZOMBIES_ARE_ACKNOWLEDGED
  }

  static IntStream seeds() {
    return IntStream.range(0, 120);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyAcknowledgedCommitSurvives(int seed) {
    assertThatCode(() -> new Run(seed, Mutation.NONE).run())
        .as("seed %d", seed)
        .doesNotThrowAnyException();
  }

  @Test
  void acknowledgingBeforeDurableIsFound() {
    assertThat(found(Mutation.ACKNOWLEDGES_BEFORE_DURABLE)).isTrue();
  }

  @Test
  void keepingTheEpochIsFound() {
    assertThat(found(Mutation.NEVER_RAISES_THE_EPOCH)).isTrue();
  }

  @Test
  void acknowledgingAZombiesCommitsIsFound() {
    assertThat(found(Mutation.ZOMBIES_ARE_ACKNOWLEDGED)).isTrue();
  }

  private static boolean found(Mutation mutation) {
    return seeds().anyMatch(seed -> fails(seed, mutation));
  }

  private static boolean fails(int seed, Mutation mutation) {
    try {
      new Run(seed, mutation).run();
      return false;
    } catch (AssertionError | RuntimeException e) {
      return true;
    }
  }

  /// Stored parts; what is written is durable after the next fsync, or by luck.
  private static final class Journal {
    final List<PageDelta> durable = new ArrayList<>();
    final List<PageDelta> written = new ArrayList<>();
    @Nullable ImageSnapshot snapshot;
    int snapshotAt;

    void fsync() {
      durable.addAll(written);
      written.clear();
    }

    void crash(Random random) {
      durable.addAll(written.subList(0, random.nextInt(written.size() + 1)));
      written.clear();
    }

    StoredObject recover() {
      Recovery recovery = new Recovery(Histories.OBJECT);
      if (snapshot != null) {
        recovery.start(ImageSnapshot.parse(snapshot.bytes()));
      }
      durable
          .subList(snapshotAt, durable.size())
          .forEach(part -> recovery.add(PageDelta.parse(part.bytes())));
      return recovery.finish();
    }
  }

  /// One incarnation: a writer and the owner that commits through it.
  private static final class Incarnation {
    final ObjectLog log;
    DatabaseImage image;
    long commits;
    @Nullable Commit pending;
    List<PageDelta> parts = List.of();
    int sent;
    long persisting;
    boolean awaitsFsync;

    Incarnation(StoredObject stored) {
      log = new ObjectLog(Histories.OBJECT, stored);
      image = stored.image();
      commits = stored.txSeq();
    }

    boolean idle() {
      return parts.isEmpty();
    }
  }

  private static final class Run {
    private final Random random;
    private final Mutation mutation;
    private final Journal journal = new Journal();
    private final Map<Long, DatabaseImage> images = new HashMap<>();
    private final List<Long> acknowledged = new ArrayList<>();
    private long nextId = 1;
    private @Nullable Incarnation zombie;
    private Incarnation owner = new Incarnation(journal.recover());

    Run(int seed, Mutation mutation) {
      this.random = new Random(seed);
      this.mutation = mutation;
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      crash();
    }

    private void step() {
      switch (random.nextInt(20)) {
        case 0 -> crash();
        case 1 -> succeed();
        case 2 -> snapshot();
        case 3, 4, 5, 6, 7, 8 -> commit(owner);
        case 9, 10, 11, 12 -> write(owner);
        case 13 -> commitOf(zombie);
        case 14, 15 -> writeOf(zombie);
        default -> fsync();
      }
    }

    /// Writes its id behind those of the commits before it, and here and there something else.
    private void commit(Incarnation writer) {
      long id = nextId++;
      int slot = ids(writer.image).size();
      int pages = Math.max(writer.image.pageCount(), ID_PAGES);
      int grown = random.nextInt(30) == 0 ? pages + random.nextInt(900) : pages;
      byte[] bytes = Arrays.copyOf(writer.image.bytes(), Math.min(grown, 1200) * PAGE_SIZE);
      ByteBuffer.wrap(bytes).putLong(slot * 8, id);
      if (random.nextInt(5) == 0) {
        byte[] noise = new byte[bytes.length - ID_PAGES * PAGE_SIZE];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, bytes, ID_PAGES * PAGE_SIZE, noise.length);
      }
      DatabaseImage after = new DatabaseImage(bytes, PAGE_SIZE);
      Commit commit = new Commit(writer.image, after, 1, OptionalLong.of(id));
      writer.pending = writer.pending == null ? commit : writer.pending.mergedWith(commit);
      writer.image = after;
      images.put(id, after);
      begin(writer);
    }

    private void begin(Incarnation writer) {
      if (writer.idle() && writer.pending != null) {
        writer.parts = writer.log.begin(writer.pending, 0);
        writer.sent = 0;
        writer.persisting = last(writer.pending.after());
        writer.pending = null;
        if (mutation == Mutation.ACKNOWLEDGES_BEFORE_DURABLE) {
          acknowledge(writer);
        }
      }
    }

    private void write(Incarnation writer) {
      if (!writer.idle() && !writer.awaitsFsync) {
        journal.written.add(writer.parts.get(writer.sent++));
        writer.awaitsFsync = true;
      }
    }

    private void fsync() {
      journal.fsync();
      acknowledged(owner);
      if (zombie != null) {
        acknowledged(zombie);
      }
    }

    /// The journal's acknowledgement of a part has come. A zombie's lease is over by then: it stops
    /// after its group.
    private void acknowledged(Incarnation writer) {
      if (!writer.awaitsFsync) {
        return;
      }
      writer.awaitsFsync = false;
      if (writer.sent == writer.parts.size()) {
        writer.log.stored();
        writer.parts = List.of();
        acknowledge(writer);
        stopOrGoOn(writer);
      }
    }

    private void stopOrGoOn(Incarnation writer) {
      if (writer == zombie && mutation != Mutation.ZOMBIES_ARE_ACKNOWLEDGED) {
        zombie = null;
      } else {
        begin(writer);
      }
    }

    private void acknowledge(Incarnation writer) {
      if (writer == owner || mutation == Mutation.ZOMBIES_ARE_ACKNOWLEDGED) {
        acknowledged.add(writer.persisting);
      }
    }

    private void crash() {
      journal.crash(random);
      zombie = null;
      owner = recovered();
    }

    /// Another node takes over while this one still writes.
    private void succeed() {
      boolean known =
          journal.durable.stream().anyMatch(part -> part.header().epoch() == owner.log.epoch());
      if (zombie == null && known && journal.written.isEmpty()) {
        zombie = owner;
        owner = recovered();
      }
    }

    private void snapshot() {
      if (owner.idle() && zombie == null && journal.written.isEmpty()) {
        journal.snapshot = ImageSnapshot.of(owner.log.image(), owner.log.snapshotHeader());
        journal.snapshotAt = journal.durable.size();
      }
    }

    private void commitOf(@Nullable Incarnation writer) {
      if (writer != null) {
        commit(writer);
      }
    }

    private void writeOf(@Nullable Incarnation writer) {
      if (writer != null) {
        write(writer);
      }
    }

    private Incarnation recovered() {
      StoredObject stored = journal.recover();
      List<Long> ids = ids(stored.image());
      assertThat(ids).containsAll(acknowledged);
      if (!ids.isEmpty()) {
        DatabaseImage expected = images.get(ids.getLast());
        assertThat(stored.image().bytes()).isEqualTo(expected.bytes());
        assertThat(stored.alarm()).hasValue(ids.getLast());
      }
      assertThat(stored.hashes().sum()).isEqualTo(PageHashes.of(stored.image()).sum());
      return new Incarnation(
          mutation == Mutation.NEVER_RAISES_THE_EPOCH ? ofTheSameEpoch(stored) : stored);
    }

    private static StoredObject ofTheSameEpoch(StoredObject stored) {
      return new StoredObject(
          stored.image(), stored.hashes(), stored.txSeq(), 0, stored.alarm(), stored.log());
    }

    private static long last(DatabaseImage image) {
      return ids(image).getLast();
    }

    private static List<Long> ids(DatabaseImage image) {
      List<Long> ids = new ArrayList<>();
      ByteBuffer buffer = ByteBuffer.wrap(image.bytes());
      while (buffer.remaining() >= 8) {
        long id = buffer.getLong();
        if (id == 0) {
          return ids;
        }
        ids.add(id);
      }
      return ids;
    }
  }
}
