package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/// Clients that arm timers, and the book of what they sent and what was acknowledged.
final class AlarmLoad {
  private static final int AHEAD_MILLIS_MAX = 4_000;
  private static final int OBJECTS = 6;
  private static final Duration FIRE_WITHIN = Duration.ofSeconds(60);

  private final NodeProcess node;
  private final Map<String, Long> sent = new ConcurrentHashMap<>();
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<String> objects = ConcurrentHashMap.newKeySet();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  AlarmLoad(NodeProcess node) {
    this.node = node;
  }

  /// Lets clients arm timers until [#end]. Some objects have many, others are woken by their only
  /// one.
  void start(int clients, String prefix, long seed) {
    over = false;
    for (int client = 0; client < clients; client++) {
      Random random = new Random(seed + client);
      String tokens = prefix + "-" + client;
      threads.add(Thread.ofVirtual().start(() -> work(tokens, random)));
    }
  }

  private void work(String tokens, Random random) {
    for (int i = 0; !over; i++) {
      String token = tokens + "-" + i;
      String object = random.nextBoolean() ? "many-" + random.nextInt(OBJECTS) : "one-" + token;
      arm(object, token, System.currentTimeMillis() + random.nextInt(AHEAD_MILLIS_MAX));
      NodeProcess.pause(Duration.ofMillis(random.nextInt(20)));
    }
  }

  private void arm(String object, String token, long atMillis) {
    objects.add(object);
    sent.put(token, atMillis);
    try {
      if (node.post("/timers/" + object + "?token=" + token + "&at=" + atMillis, "").status()
          == 200) {
        acknowledged.add(token);
      }
    } catch (UncheckedIOException e) {
      // Whether it was armed is unknown.
      return;
    }
  }

  void awaitSome(int more) {
    int before = acknowledged.size();
    await(more + " timers armed")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> acknowledged.size() >= before + more);
  }

  void end() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
  }

  /// Waits until all that was acknowledged has fired, then holds what fired against the book.
  ///
  /// @return what was found, in words
  String verify() {
    Set<String> missing = new TreeSet<>(acknowledged);
    Map<String, Long> latenesses = new HashMap<>();
    for (String object : objects) {
      await("all timers of " + object)
          .atMost(FIRE_WITHIN)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> lines(object)[0].equals("0"));
      verify(object, lines(object), latenesses);
    }
    missing.removeAll(latenesses.keySet());
    assertThat(missing).as("armed and acknowledged, never fired").isEmpty();
    assertThat(sent.keySet()).as("sent").containsAll(latenesses.keySet());
    long latest = latenesses.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return sent.size()
        + " timers sent, "
        + acknowledged.size()
        + " acknowledged, "
        + latenesses.size()
        + " fired, the latest "
        + latest
        + " ms after its time, downtime included";
  }

  private String[] lines(String object) {
    return node.get("/timers/" + object).ok().split("\n");
  }

  private void verify(String object, String[] lines, Map<String, Long> latenesses) {
    Set<String> seen = new HashSet<>();
    for (int i = 1; i < lines.length; i++) {
      String[] row = lines[i].split(" ");
      long due = Long.parseLong(row[1]);
      long at = Long.parseLong(row[2]);
      assertThat(due).as("when %s is due", row[0]).isEqualTo(sent.get(row[0]));
      assertThat(at).as("when %s fired, due at %d", row[0], due).isGreaterThanOrEqualTo(due);
      assertThat(at)
          .as("when alarm() of %s ran, scheduled for %s", object, row[3])
          .isGreaterThanOrEqualTo(Long.parseLong(row[3]));
      assertThat(seen.add(row[0])).as("%s fired once in what is stored", row[0]).isTrue();
      latenesses.put(row[0], at - due);
    }
  }

  int acknowledged() {
    return acknowledged.size();
  }
}
