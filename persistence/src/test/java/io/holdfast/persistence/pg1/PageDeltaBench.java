package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.writer.Recovery;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.IntConsumer;
import org.sqlite.SQLiteConnection;

/// What a commit costs on its way into an event and back, with images that SQLite made. Run `main`;
/// prints microseconds.
public final class PageDeltaBench {
  private PageDeltaBench() {}

  public static void main(String[] args) throws Exception {
    commits("counter increment, small image", "UPDATE t SET v = v + 1 WHERE k = 1", 0);
    commits("1 KB row into a small image", "INSERT INTO t (b) VALUES (%s)", 0);
    commits("counter increment, 272 KB image", "UPDATE t SET v = v + 1 WHERE k = 1", 60);
    commits("counter increment, 8 MB image", "UPDATE t SET v = v + 1 WHERE k = 1", 2000);
    large();
    hash();
  }

  private static void commits(String name, String sql, int rows) throws Exception {
    List<DatabaseImage> images = images(sql, rows, rows > 1000 ? 12 : 200);
    DeltaEncoder encoder = new DeltaEncoder();
    PageHashes hashes = PageHashes.of(images.getFirst());
    List<PageDelta> events = new ArrayList<>();
    int last = images.size() - 1;
    for (int i = 0; i < last; i++) {
      events.addAll(encode(encoder, hashes, images, i));
    }
    PageDelta typical = events.get(events.size() / 2);
    System.out.printf(
        "%-34s image %d KB, body %d bytes raw, event %d bytes, parts %d for %d commits%n",
        name,
        images.getLast().bytes().length / 1024,
        typical.header().rawLength(),
        typical.bytes().length,
        events.size(),
        last);
    int rounds = rows > 1000 ? 2_000 : 200_000;
    PageHashes[] current = {PageHashes.of(images.getFirst())};
    time(
        "  encode",
        rounds,
        i -> {
          if (i % last == 0) {
            current[0] = PageHashes.of(images.getFirst());
          }
          encode(encoder, current[0], images, i % last);
        });
    DatabaseImage first = images.getFirst();
    ImageSnapshot snapshot = snapshot(first);
    List<byte[]> stored = events.stream().map(PageDelta::bytes).toList();
    time(
        "  recover all, per commit",
        rounds / last + 1,
        last,
        _ -> {
          Recovery recovery = new Recovery("bench");
          recovery.start(snapshot);
          stored.forEach(bytes -> recovery.add(PageDelta.parse(bytes)));
          recovery.finish();
        });
    System.out.printf("  snapshot %d bytes%n", snapshot.bytes().length);
    time("  make a snapshot", rows > 1000 ? 50 : 3000, _ -> snapshot(first));
    time(
        "  read a snapshot",
        rows > 1000 ? 50 : 3000,
        _ -> PageImage.of(ImageSnapshot.parse(snapshot.bytes())));
  }

  private static void large() {
    byte[] noise = new byte[1 << 20];
    new Random(1).nextBytes(noise);
    DatabaseImage random = new DatabaseImage(noise, 4096);
    time("1 MB of noise, whole image", 300, _ -> first(random));
    byte[] text = new byte[1 << 20];
    for (int i = 0; i < text.length; i++) {
      text[i] =
          (byte) "the quick brown fox jumps over the lazy dog ".charAt(Math.floorMod(i * 7919, 43));
    }
    DatabaseImage words = new DatabaseImage(text, 4096);
    time("1 MB of text, whole image", 300, _ -> first(words));
  }

  private static void hash() {
    byte[] page = new byte[4096];
    new Random(1).nextBytes(page);
    long[] sink = {0};
    time("hash of a 4 KB page", 2_000_000, i -> sink[0] ^= PageHash.of(i, page, 0, 4096));
    System.out.println(sink[0]);
  }

  private static List<PageDelta> first(DatabaseImage image) {
    Commit commit = new Commit(DatabaseImage.EMPTY, image, 1, OptionalLong.empty());
    return new DeltaEncoder()
        .encode(commit, new PageHashes(), new DeltaEncoder.Stamp(1, 1, 1, 0), null);
  }

  private static List<PageDelta> encode(
      DeltaEncoder encoder, PageHashes hashes, List<DatabaseImage> images, int i) {
    Commit commit = new Commit(images.get(i), images.get(i + 1), 1, OptionalLong.empty());
    DeltaEncoder.Stamp stamp = new DeltaEncoder.Stamp(i + 1, 1, 1_795_000_000_000L, 0);
    return encoder.encode(commit, hashes, stamp, null);
  }

  private static ImageSnapshot snapshot(DatabaseImage image) {
    long sum = PageHashes.of(image).sum();
    return ImageSnapshot.of(image, new ImageSnapshot.Header(0, 0, sum, -1));
  }

  private static List<DatabaseImage> images(String sql, int rows, int count) throws Exception {
    List<DatabaseImage> images = new ArrayList<>();
    Random random = new Random(3);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER, b TEXT)");
      statement.execute("CREATE TABLE other (k INTEGER PRIMARY KEY)");
      statement.execute("INSERT INTO t VALUES (1, 1000000, 'x')");
      for (int i = 0; i < rows; i++) {
        statement.execute("INSERT INTO other (k) VALUES (" + i + ")");
        statement.execute("INSERT INTO t (v, b) VALUES (" + i + ", " + words(random, 4000) + ")");
      }
      for (int i = 0; i < count; i++) {
        statement.execute(sql.contains("%s") ? sql.formatted(words(random, 1000)) : sql);
        byte[] bytes = connection.unwrap(SQLiteConnection.class).serialize("main");
        images.add(new DatabaseImage(bytes, 4096));
      }
    }
    return images;
  }

  private static String words(Random random, int length) {
    String[] words = {"alpha", "beta", "gamma", "delta", "rho", "sigma", "tau", "phi", "psi"};
    StringBuilder text = new StringBuilder("'");
    while (text.length() < length) {
      text.append(words[random.nextInt(words.length)]).append(random.nextInt(100)).append(' ');
    }
    return text.append('\'').toString();
  }

  private static void time(String name, int rounds, IntConsumer body) {
    time(name, rounds, 1, body);
  }

  private static void time(String name, int rounds, int perRound, IntConsumer body) {
    long best = Long.MAX_VALUE;
    for (int run = 0; run < 5; run++) {
      long start = System.nanoTime();
      for (int i = 0; i < rounds; i++) {
        body.accept(i);
      }
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("%-34s %10.2f us%n", name, best / 1000.0 / rounds / perRound);
  }
}
