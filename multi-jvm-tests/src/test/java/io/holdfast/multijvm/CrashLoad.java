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
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// Clients that add tokens of their own to ledgers, and the book of what they sent and what was
/// acknowledged.
final class CrashLoad {
  private static final Duration FIRST_ANSWER_WITHIN = Duration.ofSeconds(30);

  private final NodeProcess node;
  private final Map<String, Book> books = new ConcurrentHashMap<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();

  CrashLoad(NodeProcess node) {
    this.node = node;
  }

  /// What is known of one counter.
  ///
  /// @param sent all tokens
  /// @param counted the answer by acknowledged token
  private record Book(Set<String> sent, Map<String, Long> counted) {
    Book() {
      this(ConcurrentHashMap.newKeySet(), new ConcurrentHashMap<>());
    }
  }

  /// Clients at work.
  final class Run {
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    private final long acknowledgedBefore = acknowledged.get();
    private final long unansweredBefore = unanswered.get();
    private volatile boolean killing;
    private volatile boolean over;

    /// Returns when the node has acknowledged something: a kill before that would prove little.
    void awaitFirstAnswer() {
      await("a first answer")
          .atMost(FIRST_ANSWER_WITHIN)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> acknowledged.get() > acknowledgedBefore);
    }

    /// From here on failures are expected.
    void aboutToKill() {
      killing = true;
    }

    /// Ends the clients.
    ///
    /// @return what became of their increments
    String end() throws InterruptedException {
      over = true;
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(refusals).as("failures before the kill").isEmpty();
      return (acknowledged.get() - acknowledgedBefore)
          + " acknowledged, "
          + (unanswered.get() - unansweredBefore)
          + " unanswered";
    }

    private void work(List<String> counters, String prefix, Random random) {
      for (int i = 0; !over; i++) {
        add(counters.get(random.nextInt(counters.size())), prefix + "-" + i);
      }
    }

    private void add(String counter, String token) {
      Book book = books.computeIfAbsent(counter, name -> new Book());
      book.sent().add(token);
      boolean before = !killing;
      try {
        NodeProcess.Answer answer = node.post("/ledger/" + counter + "?token=" + token, "");
        if (answer.status() == 200) {
          book.counted().put(token, Long.parseLong(answer.body()));
          acknowledged.incrementAndGet();
          return;
        }
        failed(before, "status " + answer.status() + ": " + answer.body());
      } catch (UncheckedIOException e) {
        failed(before, e.toString());
      }
    }

    private void failed(boolean before, String what) {
      unanswered.incrementAndGet();
      if (before && !killing) {
        refusals.add(what);
      }
    }
  }

  /// Lets clients count until [Run#end()].
  Run start(int clients, List<String> counters, String prefix, long seed) {
    Run run = new Run();
    for (int client = 0; client < clients; client++) {
      Random random = new Random(seed + client);
      String tokens = prefix + "-" + client;
      run.threads.add(Thread.ofVirtual().start(() -> run.work(counters, tokens, random)));
    }
    return run;
  }

  /// Reads a counter and holds it against the book.
  void verify(String counter) {
    Book book = books.getOrDefault(counter, new Book());
    String[] lines = node.get("/ledger/" + counter).ok().split("\n");
    Map<String, Long> found = new HashMap<>();
    for (int i = 1; i < lines.length; i++) {
      String[] row = lines[i].split(" ");
      assertThat(Long.parseLong(row[0]))
          .as("row %d of %s counts one more than the row before", i, counter)
          .isEqualTo(i);
      assertThat(found.put(row[1], Long.parseLong(row[0])))
          .as("%s counted %s twice", counter, row[1])
          .isNull();
    }
    assertThat(Long.parseLong(lines[0]))
        .as("count of %s, and its rows", counter)
        .isEqualTo(found.size());
    Set<String> lost = new HashSet<>(book.counted().keySet());
    lost.removeAll(found.keySet());
    assertThat(lost).as("acknowledged by %s, then lost", counter).isEmpty();
    assertThat(found).as("answers of %s", counter).containsAllEntriesOf(book.counted());
    assertThat(book.sent()).as("sent to %s", counter).containsAll(found.keySet());
  }

  long acknowledged() {
    return acknowledged.get();
  }

  String summary() {
    return acknowledged + " acknowledged, " + unanswered + " unanswered, all accounted for";
  }
}
