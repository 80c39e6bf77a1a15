package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// Clients that talk into rooms by WebSocket, and the book of what they were told.
final class SocketLoad {
  private static final int ROOMS = 3;
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);

  private final NodeProcess node;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Set<String>> told = new ConcurrentHashMap<>();
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  SocketLoad(NodeProcess node) {
    this.node = node;
  }

  /// Lets clients talk until [#end], at speeds of their own: some rooms leave memory in between.
  void start(int clients, String prefix, long seed) {
    over = false;
    for (int i = 0; i < clients; i++) {
      Random random = new Random(seed + i);
      String tokens = prefix + "-" + i;
      String room = "room-" + i % ROOMS;
      threads.add(Thread.ofVirtual().start(() -> talk(room, tokens, random)));
    }
  }

  private void talk(String room, String tokens, Random random) {
    try {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .buildAsync(node.webSocketUri("/rooms/" + room), new Listener(room))
              .get(CONNECT_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
      for (int i = 0; !over; i++) {
        socket
            .sendText(tokens + "-" + i, true)
            .get(CONNECT_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        sent.incrementAndGet();
        NodeProcess.pause(Duration.ofMillis(random.nextInt(10) == 0 ? 400 : random.nextInt(10)));
      }
      socket.abort();
    } catch (ExecutionException | TimeoutException e) {
      // The node is gone: what was under way may have happened or not.
      return;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private final class Listener extends WholeTexts {
    private final Set<String> lines;

    Listener(String room) {
      this.lines = told.computeIfAbsent(room, _ -> ConcurrentHashMap.newKeySet());
    }

    @Override
    void heard(String message) {
      lines.add(message);
      received.incrementAndGet();
    }
  }

  void awaitSome(int more) {
    int before = received.get();
    await(more + " frames received")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> received.get() >= before + more);
  }

  void end() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
  }

  int received() {
    return received.get();
  }

  /// Holds what was told against what is stored.
  ///
  /// @return what was found, in words
  String verify() {
    int stored = 0;
    for (Map.Entry<String, Set<String>> room : told.entrySet()) {
      List<String> said = List.of(node.get("/rooms/" + room.getKey()).ok().split("\n"));
      assertThat(said).as("stored in %s", room.getKey()).containsAll(room.getValue());
      Set<String> tokens = new HashSet<>();
      said.forEach(line -> tokens.add(line.split(" ")[0]));
      assertThat(tokens).as("each message once in %s", room.getKey()).hasSameSizeAs(said);
      stored += said.size();
    }
    return sent + " messages sent, " + received + " frames received, " + stored + " stored";
  }
}
