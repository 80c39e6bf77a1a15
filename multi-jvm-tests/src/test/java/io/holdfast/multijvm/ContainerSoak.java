package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Test;

/// A real node on a real Docker Engine of its own, for minutes: requests, idle stops, evictions;
/// containers killed and removed by hand, the node killed, the engine stopped and killed. When all
/// has settled, what objects say is what the engine has, everything still works, and nothing is
/// left.
///
/// Not part of CI: `make soak MINUTES=10 SEED=1`, which gives it a network namespace of its own: a
/// second engine would take the bridge and the rules of the first. The seed gives what is done;
/// when, the machine does. With `-Dsoak.litter=true` it leaves a container behind, and must say so.
class ContainerSoak {
  private static final int OBJECTS = 8;
  private static final int CLIENTS = 4;
  private static final int FILES_MORE_MAX = 30;

  /** Four with internet, four without. */
  private static final int PREPARED_NETWORKS_MAX = 8;

  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(120);
  private static final String IMAGE = "holdfast-demo/sandbox:latest";

  private final long seed = Long.getLong("soak.seed", 1);
  private final Duration length = Duration.ofSeconds((long) (60 * minutes()));
  private final Map<String, Integer> figures = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();

  /** Clients hold it to ask; who kills the node holds it alone. */
  private final ReadWriteLock nodeLives = new ReentrantReadWriteLock(true);

  private static double minutes() {
    return Double.parseDouble(System.getProperty("soak.minutes", "10"));
  }

  private synchronized void count(String what) {
    figures.merge(what, 1, Integer::sum);
  }

  private synchronized void violated(String what) {
    violations.add(what);
    System.out.println("soak: VIOLATION: " + what);
  }

  @Test
  void nothingDriftsAndNothingIsLeft() throws Exception {
    System.out.printf("soak: seed %d, %s%n", seed, length);
    Path directory = Files.createTempDirectory("hf-soak");
    try (OwnDockerd engine = new OwnDockerd(Files.createDirectory(directory.resolve("engine")))) {
      engine.start(OwnDockerd.Containers.SURVIVE);
      engine.load(IMAGE);
      try (NodeProcess node = node(directory, engine)) {
        node.start();
        play(engine, node);
        engineIsAwayForAMinute(engine, node);
        diskIsFull(engine, node);
        settle(engine, node);
        node.stop();
        check(
            engine.docker("network", "ls", "-q", "-f", "label=io.holdfast.deployment").isEmpty(),
            "networks are left after the node");
        check(engine.docker("ps", "-aq").isEmpty(), "containers are left after the node");
        check(engine.mounts() == 0, "file systems of containers are still mounted");
        figures.put("containers that killed engines forgot", engine.forgotten());
      }
    }
    System.out.printf("soak: seed %d, %s: %s%n", seed, length, figures);
    deleteWhatItWrote(directory);
    assertThat(violations).as("seed " + seed).isEmpty();
  }

  private static NodeProcess node(Path directory, OwnDockerd engine) throws IOException {
    Path jar =
        Apps.sandbox(
            directory, "\"SLEEP_AFTER_SECONDS\": \"15\"", "\"SLEEP_AFTER_SECONDS\": \"3\"");
    return new NodeProcess(directory, List.of(jar))
        .with("holdfast.engine.docker.host", engine.host())
        .with("holdfast.engine.network.at-close", "remove")
        .with("holdfast.objects.idle-timeout", "1 s");
  }

  private void deleteWhatItWrote(Path directory) throws Exception {
    if (violations.isEmpty()) {
      new ProcessBuilder("rm", "-rf", directory.toString()).start().waitFor();
    }
  }

  // ---- what happens
  // -------------------------------------------------------------------------------------------

  private void play(OwnDockerd engine, NodeProcess node) throws Exception {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(seed * 1_000 + i);
      clients.add(Thread.ofPlatform().name("client-" + i).start(() -> ask(node, random)));
    }
    Random random = new Random(seed);
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < end) {
      disturb(engine, node, random);
      Thread.sleep(500 + random.nextInt(2_500));
    }
    over.set(true);
    for (Thread client : clients) {
      client.join();
    }
  }

  private void ask(NodeProcess node, Random random) {
    while (!over.get()) {
      String name = "s" + random.nextInt(OBJECTS);
      nodeLives.readLock().lock();
      try {
        askOne(node, name, random.nextInt(10));
      } catch (UncheckedIOException e) {
        count("requests without an answer");
      } finally {
        nodeLives.readLock().unlock();
      }
      NodeProcess.pause(Duration.ofMillis(random.nextInt(random.nextInt(10) == 0 ? 5_000 : 300)));
    }
  }

  private void askOne(NodeProcess node, String name, int kind) {
    if (kind == 0) {
      count(node.get("/sandbox/" + name + "/status").status() == 200 ? "states" : "states refused");
      return;
    }
    String script = kind == 1 ? "sleep 1; echo " + name : "echo " + name;
    NodeProcess.Answer answer = node.post("/sandbox/" + name + "/run", script);
    if (answer.status() != 200) {
      count("requests answered " + answer.status());
    } else if (answer.body().equals(name + "\n")
        || !"0".equals(answer.headers().get("x-exit-code"))) {
      count("requests served");
    } else {
      violated("sandbox " + name + " answered '" + answer.body() + "'");
    }
  }

  private void disturb(OwnDockerd engine, NodeProcess node, Random random) throws Exception {
    int dice = random.nextInt(40);
    if (dice < 16) {
      oneOf(engine, random, "containers killed", "kill");
    } else if (dice < 30) {
      oneOf(engine, random, "containers removed", "rm", "-f");
    } else if (dice < 34) {
      oneOf(engine, random, "containers paused and unpaused", "pause");
      Thread.sleep(300);
      for (String id : engine.docker("ps", "-q", "-f", "status=paused")) {
        quietly(engine, "unpause", id);
      }
    } else if (dice < 37) {
      killNode(node, random);
    } else {
      restart(engine, random);
    }
  }

  private void oneOf(OwnDockerd engine, Random random, String what, String... command)
      throws Exception {
    List<String> running = engine.docker("ps", "-q");
    if (!running.isEmpty()) {
      List<String> whole = new ArrayList<>(List.of(command));
      whole.add(running.get(random.nextInt(running.size())));
      if (quietly(engine, whole.toArray(String[]::new))) {
        count(what);
      }
    }
  }

  /** It may be gone already. */
  private static boolean quietly(OwnDockerd engine, String... command) throws Exception {
    try {
      engine.docker(command);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void killNode(NodeProcess node, Random random) {
    node.kill();
    count("nodes killed");
    nodeLives.writeLock().lock();
    try {
      NodeProcess.pause(Duration.ofMillis(random.nextInt(4_000)));
      node.start();
    } finally {
      nodeLives.writeLock().unlock();
    }
  }

  private void restart(OwnDockerd engine, Random random) throws Exception {
    if (random.nextBoolean()) {
      engine.stop();
      count("engines stopped");
    } else {
      engine.kill();
      count("engines killed");
    }
    Thread.sleep(random.nextInt(8_000));
    engine.start(
        random.nextBoolean() ? OwnDockerd.Containers.SURVIVE : OwnDockerd.Containers.END_WITH_IT);
  }

  private void engineIsAwayForAMinute(OwnDockerd engine, NodeProcess node) throws Exception {
    await("sandbox s0 to serve", () -> serves(node, "s0"));
    engine.stop();
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (System.nanoTime() < end) {
      askWithoutEngine(node);
      Thread.sleep(2_000);
    }
    engine.start(OwnDockerd.Containers.SURVIVE);
    await("sandbox s1 to serve again", () -> serves(node, "s1"));
  }

  private void askWithoutEngine(NodeProcess node) {
    NodeProcess.Answer answer = node.post("/sandbox/s1/run", "echo s1");
    check(
        answer.status() >= 500 || answer.body().equals("s1\n"),
        "without an engine it was answered " + answer.status() + ": " + answer.body());
    count("requests without an engine answered " + answer.status());
  }

  private void diskIsFull(OwnDockerd engine, NodeProcess node) throws Exception {
    engine.fillDisk();
    NodeProcess.Answer refused = node.post("/sandbox/full/run", "echo full");
    count("starts on a full disk answered " + refused.status());
    check(
        refused.status() >= 500 && refused.body().contains("no space left"),
        "a start on a full disk was answered " + refused.status() + ": " + refused.body());
    engine.freeDisk();
    await("sandbox full to serve", () -> serves(node, "full"));
  }

  // ---- what must hold
  // -----------------------------------------------------------------------------------------

  private void settle(OwnDockerd engine, NodeProcess node) throws Exception {
    if (Boolean.getBoolean("soak.litter")) {
      engine.docker("run", "-d", IMAGE); // Of nobody: a soak that does not see it sees nothing.
    }
    await("what objects say to be what the engine has", () -> isShownAsItIs(engine, node));
    for (int i = 0; i < OBJECTS; i++) {
      String name = "s" + i;
      await("sandbox " + name + " to serve", () -> serves(node, name));
    }
    await("what objects say to be what the engine has", () -> isShownAsItIs(engine, node));
    await("all to fall asleep", () -> containers(engine).isEmpty());
    await("all to be shown as stopped", () -> isShownAsItIs(engine, node));
    check(engine.docker("volume", "ls", "-q").isEmpty(), "volumes are left");
    // Each goes after its container, in the background.
    await(
        PREPARED_NETWORKS_MAX + " prepared networks at most to be left",
        () -> slots(engine).size() <= PREPARED_NETWORKS_MAX);
    int networks =
        engine.docker("network", "ls", "-q", "-f", "label=io.holdfast.deployment").size();
    check(networks <= 2, "expected 2 networks at most, found " + networks);
    compareOpenFiles(engine, node);
  }

  /** Of the node that went through it, and of a fresh one that did the same few things. */
  private void compareOpenFiles(OwnDockerd engine, NodeProcess node) throws Exception {
    int worn = node.openFiles();
    node.kill();
    node.start();
    for (int i = 0; i < OBJECTS; i++) {
      String name = "s" + i;
      await("sandbox " + name + " to serve", () -> serves(node, name));
    }
    await("all to fall asleep", () -> containers(engine).isEmpty());
    int fresh = node.openFiles();
    synchronized (this) {
      figures.put("open files at the end", worn);
      figures.put("open files of a fresh node", fresh);
    }
    check(worn <= fresh + FILES_MORE_MAX, "open files: " + worn + ", of a fresh node " + fresh);
  }

  /** What is not the holder of a prepared network. */
  private static Set<String> containers(OwnDockerd engine) throws Exception {
    Set<String> all = new HashSet<>(engine.docker("ps", "-aq"));
    all.removeAll(slots(engine));
    return all;
  }

  private static List<String> slots(OwnDockerd engine) throws Exception {
    return engine.docker("ps", "-aq", "-f", "label=io.holdfast.slot");
  }

  private static boolean serves(NodeProcess node, String name) {
    NodeProcess.Answer answer = node.post("/sandbox/" + name + "/run", "echo " + name);
    return answer.status() == 200 && answer.body().equals(name + "\n");
  }

  private static boolean isShownAsItIs(OwnDockerd engine, NodeProcess node) throws Exception {
    for (int i = 0; i < OBJECTS; i++) {
      String status = node.get("/sandbox/s" + i + "/status").ok();
      boolean shown =
          status.contains("\"container\":\"running\"")
              || status.contains("\"container\":\"healthy\"");
      String id = status.replaceFirst("(?s).*\"id\":\"([0-9a-f]{64})\".*", "$1");
      boolean there = !engine.docker("ps", "-q", "-f", "label=io.holdfast.object=" + id).isEmpty();
      boolean onItsWay = status.contains("starting") || status.contains("stopping");
      if (shown != there || onItsWay) {
        return false;
      }
    }
    return true;
  }

  /** Something that must come true. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(String what, Condition condition) throws Exception {
    long begun = System.nanoTime();
    String last = "";
    while (System.nanoTime() - begun < SETTLED_WITHIN.toNanos()) {
      try {
        if (condition.holds()) {
          return;
        }
      } catch (IOException | UncheckedIOException | AssertionError e) {
        last = ": " + e.getMessage();
      }
      Thread.sleep(200);
    }
    violated("waited " + SETTLED_WITHIN + " for " + what + last);
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      violated(otherwise);
    }
  }
}
