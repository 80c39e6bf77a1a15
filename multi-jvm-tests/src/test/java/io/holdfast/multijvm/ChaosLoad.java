package io.holdfast.multijvm;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/// Clients of a cluster that add to ledgers, read them, set alarms and send mail, through any node;
/// and what must be true of it afterwards.
final class ChaosLoad {
  private static final int CLIENTS = 6;
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(60);

  /**
   * A call is given up within 10 s of looking for its object, a node is stopped for less than 7,
   * and Cassandra takes its time to start; what hangs does so for ever.
   */
  private static final Duration HUNG_AFTER = Duration.ofSeconds(45);

  private static final Duration RING_WITHIN = Duration.ofSeconds(3);

  private final TestCluster cluster;
  private final long seed;
  private final List<String> names;
  private final Map<String, LedgerHistory> ledgers = new HashMap<>();
  private final Map<String, Queue<String>> armed = new HashMap<>();
  private final Map<String, AtomicInteger> mailed = new ConcurrentHashMap<>();
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger unknown = new AtomicInteger();
  private final Map<String, Integer> violations = new ConcurrentHashMap<>();

  ChaosLoad(TestCluster cluster, long seed, int objects) {
    this.cluster = cluster;
    this.seed = seed;
    this.names = IntStream.range(0, objects).mapToObj(n -> "s" + seed + "-" + n).toList();
    for (String name : names) {
      ledgers.put(name, new LedgerHistory());
      armed.put(name, new ConcurrentLinkedQueue<>());
    }
  }

  private void violated(String kind, String text) {
    int before = violations.getOrDefault(kind, 0);
    if (before < 5) {
      System.out.printf("chaos: VIOLATION, %s: %s%n", kind, text);
    }
    violations.merge(kind, 1, Integer::sum);
  }

  /// How many of each kind.
  Map<String, Integer> violations() {
    return Map.copyOf(violations);
  }

  int acknowledged() {
    return acknowledged.get();
  }

  int unknown() {
    return unknown.get();
  }

  /// For each ledger how long after a moment it answered, in milliseconds.
  List<Long> recoveries(long momentNanos) {
    return ledgers.values().stream()
        .map(ledger -> ledger.recovery(momentNanos))
        .filter(nanos -> nanos >= 0)
        .map(nanos -> nanos / 1_000_000)
        .toList();
  }

  // ---- what clients do
  // ------------------------------------------------------------------------------------------

  void start() {
    for (int client = 0; client < CLIENTS; client++) {
      String name = "c" + client;
      Random random = new Random(seed * 1_000 + client);
      clients.add(Thread.ofPlatform().name(name).start(() -> play(name, random)));
    }
  }

  void stop() throws InterruptedException {
    over.set(true);
    for (Thread client : clients) {
      client.join();
    }
  }

  private void play(String client, Random random) {
    for (int step = 0; !over.get(); step++) {
      String token = client + "-" + step;
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> add(name, token, random);
        case 4, 5 -> addUntilAcknowledged(name, token, random);
        case 6, 7 -> read(name, random);
        case 8 -> arm(name, token, random);
        default -> send(name, client, token, random);
      }
    }
  }

  /**
   * A request through some node; null when it was not answered with 200: who knows what was done.
   */
  private String ask(Random random, String path, boolean post, String... headers) {
    NodeProcess node = cluster.node(1 + random.nextInt(cluster.size()));
    long begun = System.nanoTime();
    try {
      NodeProcess.Answer answer = post ? node.post(path, "", headers) : node.get(path);
      if (answer.status() == 200) {
        acknowledged.incrementAndGet();
        return answer.body();
      }
    } catch (UncheckedIOException e) {
      NodeProcess.pause(Duration.ofMillis(20));
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    if (took.compareTo(HUNG_AFTER) > 0) {
      violated("hung", path + " was answered after " + took);
    }
    unknown.incrementAndGet();
    return null;
  }

  private String untilAcknowledged(Random random, String path, String key) {
    String answer = ask(random, path, true, "idempotency-key", key);
    while (answer == null) {
      NodeProcess.pause(Duration.ofMillis(50));
      answer = ask(random, path, true, "idempotency-key", key);
    }
    return answer;
  }

  private void add(String name, String token, Random random) {
    long begun = System.nanoTime();
    String count = ask(random, "/ledger/" + name + "?token=" + token, true);
    if (count != null) {
      ledgers.get(name).added(token, Long.parseLong(count), begun, System.nanoTime());
    }
  }

  private void addUntilAcknowledged(String name, String token, Random random) {
    long begun = System.nanoTime();
    String count = untilAcknowledged(random, "/ledger/" + name + "?token=" + token, token);
    ledgers.get(name).added(token, Long.parseLong(count), begun, System.nanoTime());
  }

  private void read(String name, Random random) {
    long begun = System.nanoTime();
    String last = ask(random, "/ledger/" + name + "?last", false);
    if (last != null) {
      String[] entry = last.isEmpty() ? new String[] {"0", ""} : last.split(" ");
      ledgers.get(name).read(entry[1], Long.parseLong(entry[0]), begun, System.nanoTime());
    }
  }

  private void arm(String name, String token, Random random) {
    long due = System.currentTimeMillis() + random.nextInt((int) RING_WITHIN.toMillis());
    if (ask(random, "/timers/" + name + "?token=" + token + "&at=" + due, true) != null) {
      armed.get(name).add(token);
    }
  }

  private void send(String name, String client, String token, Random random) {
    String sender = name + "-" + client;
    String _ = untilAcknowledged(random, "/mail/" + sender + "?to=" + name + "&count=1", token);
    mailed.computeIfAbsent(sender, _ -> new AtomicInteger()).incrementAndGet();
  }

  // ---- what must be true
  // ----------------------------------------------------------------------------------------

  /// Waits until all has settled, with all nodes there.
  ///
  /// @param clocksJumped then an alarm may have come early
  void check(boolean clocksJumped) {
    for (String name : names) {
      checkLedger(name);
      checkTimers(name, clocksJumped);
    }
    mailed.forEach(this::checkMail);
  }

  private void checkLedger(String name) {
    List<String> tokens =
        lines("/ledger/" + name).stream().skip(1).map(line -> line.split(" ")[1]).toList();
    ledgers
        .get(name)
        .check(tokens)
        .forEach(found ->
            violated(found.violation().name().toLowerCase().replace('_', ' '), found.text()));
  }

  private void checkTimers(String name, boolean clocksJumped) {
    Queue<String> wanted = armed.get(name);
    String path = "/timers/" + name;
    if (!within(() -> fired(path).containsAll(wanted))) {
      List<String> missing = new ArrayList<>(wanted);
      missing.removeAll(fired(path));
      violated("alarm lost", "%s has not fired %s of %s".formatted(name, missing, wanted));
    }
    List<String> fired = fired(path);
    if (fired.stream().distinct().count() != fired.size()) {
      violated("duplicated", "timers of " + name + ": " + fired);
    }
    for (String line : lines(path).stream().skip(1).toList()) {
      String[] parts = line.split(" ");
      if (!clocksJumped && Long.parseLong(parts[2]) < Long.parseLong(parts[1])) {
        violated("alarm early", line);
      }
    }
  }

  private List<String> fired(String path) {
    return lines(path).stream().skip(1).map(line -> line.split(" ")[0]).toList();
  }

  private void checkMail(String sender, AtomicInteger count) {
    String receiver = sender.substring(0, sender.lastIndexOf('-'));
    List<String> all =
        IntStream.range(0, count.get()).mapToObj(number -> sender + " " + number).toList();
    if (!within(() -> mail(receiver, sender).equals(all))) {
      violated("mail", sender + " has sent " + count + ", there are " + mail(receiver, sender));
    }
  }

  private List<String> mail(String receiver, String sender) {
    return lines("/mail/" + receiver).stream()
        .filter(line -> line.startsWith(sender + " "))
        .toList();
  }

  private List<String> lines(String path) {
    List<String> found = new ArrayList<>();
    boolean answered =
        within(() -> {
          NodeProcess.Answer answer = cluster.node(1).get(path);
          if (answer.status() != 200) {
            return false;
          }
          found.clear();
          found.addAll(answer.body().lines().toList());
          return true;
        });
    if (!answered) {
      violated("gone", path + " does not answer");
    }
    return found;
  }

  private static boolean within(BooleanSupplier condition) {
    long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
    while (!holds(condition)) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      NodeProcess.pause(Duration.ofMillis(100));
    }
    return true;
  }

  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (UncheckedIOException e) {
      return false;
    }
  }
}
