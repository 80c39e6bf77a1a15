package io.holdfast.multijvm;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Clients that talk into rooms by WebSocket, through any node, and connect again when theirs ends.
/// What one was told is stored, each message once; of a connection all messages up to some are
/// stored, in their order.
final class ChaosSockets {
  private static final int CLIENTS = 4;
  private static final int ROOMS = 2;
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(60);
  private static final int BETWEEN_MILLIS_MAX = 60;

  private final TestCluster cluster;
  private final long seed;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Thread> clients = new ArrayList<>();
  private final Map<String, ConcurrentLinkedQueue<String>> told = new ConcurrentHashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger heard = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();
  private final Map<String, Integer> violations = new ConcurrentHashMap<>();

  ChaosSockets(TestCluster cluster, long seed) {
    this.cluster = cluster;
    this.seed = seed;
    for (int room = 0; room < ROOMS; room++) {
      told.put("s" + seed + "-" + room, new ConcurrentLinkedQueue<>());
    }
  }

  /// How many of each kind.
  Map<String, Integer> violations() {
    return Map.copyOf(violations);
  }

  /// How many messages a client has heard.
  int heard() {
    return heard.get();
  }

  /// How many connections there were.
  int connections() {
    return connections.get();
  }

  void start() {
    for (int client = 0; client < CLIENTS; client++) {
      String room = "s" + seed + "-" + client % ROOMS;
      String name = "c" + client;
      Random random = new Random(seed * 1_000 + 500 + client);
      clients.add(Thread.ofVirtual().start(() -> play(room, name, random)));
    }
  }

  void stop() throws InterruptedException {
    over.set(true);
    for (Thread client : clients) {
      client.join();
    }
    http.shutdownNow(); // It would wait for its WebSockets.
  }

  private void play(String room, String client, Random random) {
    for (int connection = 0; !over.get(); connection++) {
      int node = 1 + random.nextInt(cluster.size());
      try {
        talk(room, client + "." + connection, node, random);
      } catch (ExecutionException | TimeoutException _) {
        NodeProcess.pause(Duration.ofMillis(100));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Until the connection ends. */
  private void talk(String room, String name, int node, Random random)
      throws InterruptedException, ExecutionException, TimeoutException {
    Ear ear = new Ear(told.get(room));
    WebSocket socket =
        http.newWebSocketBuilder()
            .buildAsync(cluster.node(node).webSocketUri("/rooms/" + room), ear)
            .get(CONNECT_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    connections.incrementAndGet();
    try {
      for (int number = 0; !over.get() && !ear.ended; number++) {
        socket
            .sendText(name + "-" + number, true)
            .get(CONNECT_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        NodeProcess.pause(Duration.ofMillis(random.nextInt(BETWEEN_MILLIS_MAX)));
      }
    } finally {
      socket.abort();
    }
  }

  private final class Ear extends WholeTexts {
    private final ConcurrentLinkedQueue<String> lines;
    private volatile boolean ended;

    Ear(ConcurrentLinkedQueue<String> lines) {
      this.lines = lines;
    }

    @Override
    void heard(String message) {
      lines.add(message);
      heard.incrementAndGet();
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      ended = true;
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      ended = true;
    }
  }

  // ---- what must be true
  // ----------------------------------------------------------------------------------------

  private void violated(String kind, String text) {
    System.out.printf("chaos: VIOLATION, %s: %s%n", kind, text);
    violations.merge(kind, 1, Integer::sum);
  }

  /// Once all nodes are there again.
  void check() {
    told.forEach((room, lines) -> {
      NodeProcess.Answer answer = cluster.node(1).get("/rooms/" + room);
      long end = System.nanoTime() + SETTLED_WITHIN.toNanos();
      while (answer.status() != 200 && System.nanoTime() < end) {
        NodeProcess.pause(Duration.ofMillis(100));
        answer = cluster.node(1).get("/rooms/" + room);
      }
      check(room, List.copyOf(lines), answer.ok().lines().toList());
    });
  }

  private void check(String room, List<String> lines, List<String> said) {
    Map<String, Integer> stored = new HashMap<>();
    said.forEach(line -> stored.merge(line, 1, Integer::sum));
    for (String line : lines) {
      if (!stored.containsKey(line)) {
        violated("told but not stored", "in " + room + ": " + line);
      }
    }
    Map<String, Integer> next = new HashMap<>();
    for (String line : said) {
      String token = line.split(" ")[0];
      int dash = token.lastIndexOf('-');
      int number = Integer.parseInt(token.substring(dash + 1));
      int expected = next.getOrDefault(token.substring(0, dash), 0);
      if (number < expected) {
        violated("message twice", "in " + room + ": " + line);
      } else if (number > expected) {
        violated("message lost", "in " + room + ": " + expected + " before " + line);
      }
      next.put(token.substring(0, dash), number + 1);
    }
  }
}
