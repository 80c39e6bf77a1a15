package io.holdfast.persistence.writer;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/// Writers without a journal: their events are handed out, to be stored as a test wants it.
final class Histories {
  static final String OBJECT = "app.rooms/0123";

  private Histories() {}

  /// One incarnation of a writer.
  static final class Writer {
    private final ObjectLog log;
    private final Random random;

    private Writer(ObjectLog log) {
      this.log = log;
      this.random = new Random(log.epoch());
    }

    /// One that saw these events.
    static Writer after(List<PageDelta> events) {
      return new Writer(new ObjectLog(OBJECT, recover(events)));
    }

    long epoch() {
      return log.epoch();
    }

    DatabaseImage image() {
      return log.image();
    }

    ImageSnapshot snapshot() {
      return ImageSnapshot.of(log.image(), log.snapshotHeader());
    }

    /// A commit of a few bytes.
    List<PageDelta> small() {
      byte[] bytes = Arrays.copyOf(image().bytes(), Math.max(4096, image().bytes().length));
      bytes[random.nextInt(bytes.length)]++;
      bytes[random.nextInt(bytes.length)]++;
      return commit(bytes, log.alarm());
    }

    /// A commit of three parts.
    List<PageDelta> large() {
      byte[] bytes = new byte[130 * 4096];
      random.nextBytes(bytes);
      return commit(bytes, log.alarm());
    }

    List<PageDelta> alarm(OptionalLong alarm) {
      return commit(image().bytes(), alarm);
    }

    List<PageDelta> claim() {
      List<PageDelta> parts = log.beginClaim(1);
      log.stored();
      return reread(parts);
    }

    private List<PageDelta> commit(byte[] bytes, OptionalLong alarm) {
      DatabaseImage after = new DatabaseImage(bytes, 4096);
      List<PageDelta> parts = log.begin(new Commit(log.image(), after, 1, alarm), 1);
      log.stored();
      return reread(parts);
    }
  }

  static StoredObject recover(List<PageDelta> events) {
    Recovery recovery = new Recovery(OBJECT);
    events.forEach(recovery::add);
    return recovery.finish();
  }

  @SafeVarargs
  static List<PageDelta> joined(List<PageDelta>... groups) {
    List<PageDelta> all = new ArrayList<>();
    for (List<PageDelta> group : groups) {
      all.addAll(group);
    }
    return all;
  }

  private static List<PageDelta> reread(List<PageDelta> parts) {
    return parts.stream().map(part -> PageDelta.parse(part.bytes())).toList();
  }
}
