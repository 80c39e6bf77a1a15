package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the node at random moments while objects send messages to each other, asked to by clients
/// that repeat each call under its idempotency key until it is answered. So it is known exactly how
/// many messages were sent, and each must have taken effect once, in order.
///
/// `-Dholdfast.mail.rounds=N` sets how often, `-Dholdfast.mail.seed=N` repeats the moments of a
/// run.
class MailMultiJvmTest {
  private static final int ROUNDS = Integer.getInteger("holdfast.mail.rounds", 3);
  private static final long SEED = Long.getLong("holdfast.mail.seed", System.nanoTime());
  private static final int CLIENTS = 6;
  private static final int SENDERS = 3;
  private static final int RECEIVERS = 3;
  private static final int LOAD_MILLIS_MAX = 2_000;
  private static final int START_MILLIS_MAX = 3_000;
  private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(120);
  private static final Duration DELIVERED_WITHIN = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final Map<String, AtomicLong> asked = new ConcurrentHashMap<>();
  private final AtomicInteger repeats = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  @Test
  void everyMessageTakesEffectOnceAndInOrder() throws Exception {
    System.out.println("mail: " + ROUNDS + " rounds, repeat with -Dholdfast.mail.seed=" + SEED);
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.mail(directory)))) {
      node.with("holdfast.messages.wake-after", "500 ms");
      node.start();
      List<Thread> clients = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        Random random = new Random(SEED + client);
        String prefix = "c" + client + "-";
        clients.add(Thread.ofVirtual().start(() -> work(node, prefix, random)));
      }
      for (int round = 1; round <= ROUNDS; round++) {
        kill(node, round, new Random(SEED + 1_000 + round));
      }
      over = true;
      for (Thread client : clients) {
        client.join();
      }
      assertThat(wrong).as("answers that no repeat should get").isEmpty();
      assertThat(repeats.get()).as("calls that were repeated after a kill").isPositive();
      verify(node);
    }
  }

  private void kill(NodeProcess node, int round, Random random) {
    int before = answered.get();
    await("an answer in round " + round)
        .atMost(ANSWERED_WITHIN)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> answered.get() > before);
    int millis = random.nextInt(LOAD_MILLIS_MAX);
    NodeProcess.pause(Duration.ofMillis(millis));
    node.kill();
    if (random.nextInt(4) == 0) {
      node.spawn();
      NodeProcess.pause(Duration.ofMillis(random.nextInt(START_MILLIS_MAX)));
      node.kill();
    }
    Duration ready = node.start();
    System.out.printf(
        "mail: round %d: killed %d ms after an answer, ready again in %d ms; %d calls, %d repeats%n",
        round, millis, ready.toMillis(), answered.get(), repeats.get());
  }

  private void work(NodeProcess node, String prefix, Random random) {
    for (int i = 0; !over; i++) {
      String sender = "s" + random.nextInt(SENDERS);
      String receiver = "r" + random.nextInt(RECEIVERS);
      int count = 1 + random.nextInt(4);
      String path = "/mail/" + sender + "?to=" + receiver + "&count=" + count;
      askUntilAnswered(node, path, prefix + i);
      asked.computeIfAbsent(sender + " " + receiver, _ -> new AtomicLong()).addAndGet(count);
    }
  }

  private void askUntilAnswered(NodeProcess node, String path, String key) {
    long deadline = System.nanoTime() + ANSWERED_WITHIN.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        NodeProcess.Answer answer = node.post(path, "", "Idempotency-Key", key);
        if (answer.status() == 200) {
          answered.incrementAndGet();
          return;
        }
        if (answer.status() != 503 && !answer.body().startsWith("idempotency_in_progress")) {
          wrong.add(path + " " + key + ": " + answer.status() + " " + answer.body());
          return;
        }
      } catch (UncheckedIOException e) {
        // The node is away; whether the call took place is to be found out by the repeat.
      }
      repeats.incrementAndGet();
      NodeProcess.pause(Duration.ofMillis(50));
    }
    wrong.add(path + " " + key + ": no answer within " + ANSWERED_WITHIN);
  }

  private void verify(NodeProcess node) {
    long all = 0;
    for (int receiver = 0; receiver < RECEIVERS; receiver++) {
      String name = "r" + receiver;
      long expected = asked(" " + name);
      await("all messages to " + name)
          .atMost(DELIVERED_WITHIN)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> taken(node, name).size() >= expected);
      for (int sender = 0; sender < SENDERS; sender++) {
        String from = "s" + sender;
        List<Long> numbers =
            taken(node, name).stream()
                .filter(line -> line.startsWith(from + " "))
                .map(line -> Long.valueOf(line.substring(from.length() + 1)))
                .toList();
        assertThat(numbers)
            .as("what %s took from %s", name, from)
            .isEqualTo(LongStream.range(0, asked(from + " " + name)).boxed().toList());
        all += numbers.size();
      }
    }
    for (int sender = 0; sender < SENDERS; sender++) {
      assertThat(node.get("/mail/s" + sender + "?dead=").ok()).isEqualTo("0");
    }
    System.out.printf(
        "mail: %d calls, %d repeats, %d messages, each once and in order%n",
        answered.get(), repeats.get(), all);
    assertThat(all).as("messages in all rounds").isGreaterThan(ROUNDS);
  }

  private long asked(String end) {
    return asked.entrySet().stream()
        .filter(entry -> entry.getKey().endsWith(end))
        .mapToLong(entry -> entry.getValue().get())
        .sum();
  }

  private static List<String> taken(NodeProcess node, String name) {
    String text = node.get("/mail/" + name).ok();
    return text.isEmpty() ? List.of() : List.of(text.split("\n"));
  }
}
