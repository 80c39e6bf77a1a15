package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.protocol.NamespaceId;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Very many objects: what each costs as their number grows, and what a user notices when all nodes
/// start again with very many alarms due. Prints a row of a table for each number.
///
/// Not part of CI: `scripts/measure scale`. Three nodes and a Cassandra, or one node with the
/// embedded journal, which share this machine with the clients. In Cassandra most of the objects
/// are copies of one ([ObjectCopies]): a call makes some hundred of them a second.
class ScaleBench {
  private static final List<Integer> SIZES =
      Stream.of(System.getProperty("scale.objects", "10000,100000").split(","))
          .map(Integer::valueOf)
          .toList();
  private static final int ACTIVE = Integer.getInteger("scale.active", 10_000);
  private static final int ALARMS = Integer.getInteger("scale.alarms", 10_000);
  private static final boolean CLUSTER =
      Boolean.parseBoolean(System.getProperty("scale.cluster", "true"));
  private static final String BEGINS = System.getProperty("scale.begins", "0");
  private static final NamespaceId CROWD = new NamespaceId("crowd", "crowd");
  private static final int CHUNK = 5_000;
  private static final int LANES = 32;
  private static final int ATTEMPTS = 4;
  private static final Duration ACTIVE_FOR = Duration.ofSeconds(15);
  private static final Pattern HEAP =
      Pattern.compile("jvm_memory_used_bytes\\{area=\"heap\"} (\\S+)");
  private static final Pattern EVENTS = Pattern.compile("(?m)^holdfast_object_events_total (\\S+)");
  private static final Pattern OBJECTS = Pattern.compile("(?m)^holdfast_objects (\\S+)");

  @TempDir static Path directory;
  private final Random random = new Random(1);
  private List<NodeProcess> nodes = List.of();

  /** Makes the objects from one number to another, in whatever way is quicker than calls. */
  private interface Making {
    void make(int from, int to) throws InterruptedException;
  }

  @Test
  void whatObjectsCostAsTheirNumberGrows() throws Exception {
    if (CLUSTER) {
      try (TestCluster cluster =
          TestCluster.of(directory, 3, ScaleBench::sized, Apps.crowd(directory))) {
        nodes = IntStream.rangeClosed(1, 3).mapToObj(cluster::node).toList();
        try (CqlSession session = cluster.session()) {
          measure(
              (from, to) ->
                  new ObjectCopies(session, cluster.keyspace(), CROWD, "o0")
                      .make(number -> "o" + number, from, to),
              cluster.cassandra().directory());
        }
      }
    } else {
      try (NodeProcess node = sized(new NodeProcess(directory, List.of(Apps.crowd(directory))))) {
        node.start();
        nodes = List.of(node);
        measure(this::call, directory.resolve("data"));
      }
    }
  }

  private static NodeProcess sized(NodeProcess node) {
    return node.with("holdfast.alarms.begins-per-processor", BEGINS)
        .with("holdfast.edge.access-log.enabled", "false")
        .withJvmFlags("-Xmx1g");
  }

  private void measure(Making making, Path stored) throws Exception {
    System.out.println(
        "scale: | objects | made per s | bytes stored, each | cold call p50, p99 ms | "
            + ACTIVE
            + " active: calls per s | p50, p99 ms | heap bytes, each | alarms in the storm | over after s"
            + " | calls | p50, p99, longest ms |");
    int known = 0;
    for (int size : SIZES) {
      long begun = System.nanoTime();
      int called = Math.min(size, known + CHUNK);
      call(known, called);
      double perSecond = (called - known) / seconds(begun);
      making.make(called, size);
      known = size;
      NodeProcess.pause(Duration.ofSeconds(15)); // They leave memory.
      Latencies cold = coldCalls(known);
      long empty = heap();
      Latencies active = new Latencies();
      double rate = keepActive(known, active);
      double each = (double) (heap() - empty) / objects();
      Storm storm = storm(known);
      System.out.printf(
          "scale: | %d | %.0f | %d | %s | %.0f | %s | %.0f | %d | %.1f | %d | %s, %.1f |%n",
          known,
          perSecond,
          bytes(stored) / known,
          cold,
          rate,
          active,
          each,
          ALARMS,
          storm.seconds(),
          storm.calls().size(),
          storm.calls(),
          storm.calls().at(1));
    }
  }

  private void call(int from, int to) {
    for (int first = from; first < to; first += CHUNK) {
      all("add", first, Math.min(to, first + CHUNK), "");
    }
  }

  private record Storm(double seconds, Latencies calls) {}

  /** Times of calls; thread-safe. */
  private static final class Latencies {
    private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong refused = new AtomicLong();

    void time(NodeProcess node, String object) {
      long begun = System.nanoTime();
      if (node.post("/crowd/one/" + object, "").status() == 200) {
        nanos.add(System.nanoTime() - begun);
      } else {
        refused.incrementAndGet();
      }
    }

    int size() {
      return nanos.size();
    }

    double at(double share) {
      return Quantiles.of(nanos, share) / 1e6;
    }

    @Override
    public String toString() {
      return "%.1f, %.1f%s"
          .formatted(at(0.5), at(0.99), refused.get() == 0 ? "" : " (" + refused + " refused)");
    }
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  private NodeProcess anyNode() {
    synchronized (random) {
      return nodes.get(random.nextInt(nodes.size()));
    }
  }

  private String any(int known) {
    synchronized (random) {
      return "o" + random.nextInt(known);
    }
  }

  private void all(String what, int from, int to, String more) {
    String path = "/crowd/%s?from=%d&to=%d&lanes=%d%s".formatted(what, from, to, LANES, more);
    String wanted = Integer.toString(to - from);
    // While everything is cold, some may be refused for the moment.
    for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
      if (anyNode().post(path, "").ok().equals(wanted)) {
        return;
      }
    }
    assertThat(anyNode().post(path, "").ok()).as(path).isEqualTo(wanted);
  }

  private Latencies coldCalls(int known) {
    Latencies cold = new Latencies();
    for (int i = 0; i < 300; i++) {
      cold.time(anyNode(), any(known));
    }
    return cold;
  }

  /** Calls per second. */
  private double keepActive(int known, Latencies times) throws InterruptedException {
    int first = known - Math.min(known, ACTIVE);
    call(first, known);
    AtomicLong next = new AtomicLong();
    long end = System.nanoTime() + ACTIVE_FOR.toNanos();
    List<Thread> clients = new ArrayList<>();
    for (int client = 0; client < 16; client++) {
      clients.add(
          Thread.ofVirtual()
              .start(() -> {
                while (System.nanoTime() < end) {
                  long number = first + next.getAndIncrement() % (known - first);
                  times.time(anyNode(), "o" + number);
                }
              }));
    }
    for (Thread client : clients) {
      client.join();
    }
    return times.size() / (double) ACTIVE_FOR.toSeconds();
  }

  /** What is used when all garbage is gone. */
  private long heap() throws IOException, InterruptedException {
    long sum = 0;
    for (NodeProcess node : nodes) {
      Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
      new ProcessBuilder(jcmd.toString(), Long.toString(node.pid()), "GC.run")
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
      sum += figure(node, HEAP);
    }
    return sum;
  }

  private long objects() {
    return nodes.stream().mapToLong(node -> figure(node, OBJECTS)).sum();
  }

  private static long figure(NodeProcess node, Pattern pattern) {
    Matcher found = pattern.matcher(node.get("/metrics").ok());
    assertThat(found.find()).as(pattern.pattern()).isTrue();
    return (long) Double.parseDouble(found.group(1));
  }

  /** All nodes die, the alarms become due, all nodes start. */
  private Storm storm(int known) throws InterruptedException {
    int alarms = Math.min(known, ALARMS);
    long due = System.currentTimeMillis() + Duration.ofSeconds(20 + alarms / 100).toMillis();
    for (int from = 0; from < alarms; from += CHUNK) {
      all("wake", from, Math.min(alarms, from + CHUNK), "&at=" + due);
    }
    assertThat(System.currentTimeMillis()).as("when all were set").isLessThan(due);
    nodes.forEach(NodeProcess::kill);
    NodeProcess.pause(Duration.ofMillis(Math.max(0, due - System.currentTimeMillis())));
    nodes.forEach(NodeProcess::spawn);
    nodes.forEach(NodeProcess::awaitReady);
    long begun = System.nanoTime();
    Latencies calls = new Latencies();
    AtomicBoolean over = new AtomicBoolean();
    Thread user =
        Thread.ofVirtual()
            .start(() -> {
              while (!over.get()) {
                calls.time(anyNode(), "user" + calls.size() % 20);
                NodeProcess.pause(Duration.ofMillis(5));
              }
            });
    while (!isOver(alarms + calls.size())) {
      NodeProcess.pause(Duration.ofMillis(500));
    }
    double seconds = seconds(begun);
    over.set(true);
    user.join();
    all("woken", 0, alarms, "");
    return new Storm(seconds, calls);
  }

  private boolean isOver(int events) {
    return nodes.stream().mapToLong(node -> figure(node, EVENTS)).sum() >= events;
  }

  /** Of all files below, some of which may go meanwhile. */
  private static long bytes(Path folder) throws IOException {
    AtomicLong sum = new AtomicLong();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
    return sum.get();
  }
}
