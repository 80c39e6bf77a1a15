package io.holdfast.multijvm;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A Docker Engine of the test's own, beside the one of the machine, which may be stopped and
/// killed at will. Needs root. Not thread-safe, but for [#docker].
final class OwnDockerd implements AutoCloseable {
  private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(40);

  private static final int TRIES_MAX = 5;
  private static final long DISK_BYTES = 512L << 20;

  private final Path directory;
  private @Nullable Process process;
  private int lives;
  private int forgotten;

  /// @param directory for all it writes; short, as the path of a socket has 108 characters at most
  OwnDockerd(Path directory) throws IOException, InterruptedException {
    this.directory = directory;
    Path data = Files.createDirectory(directory.resolve("data"));
    run(List.of("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "tmpfs", data.toString()));
  }

  /// Takes all that is left of its disk.
  void fillDisk() throws IOException {
    byte[] chunk = new byte[64 * 1024];
    try (OutputStream out = Files.newOutputStream(filling())) {
      while (true) {
        out.write(chunk);
      }
    } catch (IOException e) {
      if (filling().toFile().length() == 0) {
        throw e;
      }
    }
  }

  void freeDisk() throws IOException {
    Files.delete(filling());
  }

  private Path filling() {
    return directory.resolve("data/filling");
  }

  /// Whether running containers survive the end of the engine that is started.
  enum Containers {
    SURVIVE,
    END_WITH_IT
  }

  String host() {
    return "unix://" + directory.resolve("docker.sock");
  }

  /// Starts the engine; returns when it answers.
  void start(Containers containers) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "dockerd",
                "--data-root=" + directory.resolve("data"),
                "--exec-root=" + directory.resolve("exec"),
                "--pidfile=" + directory.resolve("pid"),
                "--host=" + host(),
                "--default-address-pool=base=10.213.0.0/16,size=24"));
    if (containers == Containers.SURVIVE) {
      command.add("--live-restore");
    }
    for (int tries = 1; !answersOnceStarted(command); tries++) {
      if (tries == TRIES_MAX) {
        throw new IOException("dockerd does not answer; see " + directory);
      }
    }
    endForgotten();
  }

  /** On a busy machine it gives up now and then, and has to be started again, as services are. */
  private boolean answersOnceStarted(List<String> command)
      throws IOException, InterruptedException {
    lives++;
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("dockerd-" + lives + ".log").toFile())
            .start();
    process = started;
    long deadline = System.nanoTime() + ANSWERS_WITHIN.toNanos();
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() > deadline) {
        kill();
        return false;
      }
      Thread.sleep(100);
    }
    return true;
  }

  /**
   * An engine that is killed within a start forgets the container, which stays with its address.
   */
  private void endForgotten() throws IOException, InterruptedException {
    List<String> known = docker("ps", "-aq", "--no-trunc");
    for (Shim shim : shims()) {
      if (!known.contains(shim.container())) {
        forgotten++;
        for (ProcessHandle inside : shim.process().descendants().toList()) {
          quietly("nsenter", "-t", "" + inside.pid(), "-n", "ip", "link", "del", "eth0");
          inside.destroyForcibly();
        }
        shim.process().destroyForcibly();
      }
    }
  }

  /** Somebody may have been faster. */
  private static void quietly(String... command) throws InterruptedException {
    try {
      run(List.of(command));
    } catch (IOException e) {
      System.out.println("soak: " + e.getMessage());
    }
  }

  /** What keeps a container of this engine alive. */
  private record Shim(ProcessHandle process, String container) {}

  private List<Shim> shims() {
    return ProcessHandle.allProcesses().flatMap(process -> shim(process).stream()).toList();
  }

  private Optional<Shim> shim(ProcessHandle process) {
    List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
    int id = arguments.indexOf("-id") + 1;
    boolean ours =
        id > 0
            && id < arguments.size()
            && arguments.stream().anyMatch(each -> each.startsWith(directory.toString()));
    return ours ? Optional.of(new Shim(process, arguments.get(id))) : Optional.empty();
  }

  /// How many containers engines that were killed had forgotten; they were ended.
  int forgotten() {
    return forgotten;
  }

  private boolean answers() throws InterruptedException {
    try {
      docker("version", "--format", "{{.Server.Version}}");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// SIGTERM.
  void stop() throws InterruptedException {
    Process running = Objects.requireNonNull(process);
    running.destroy();
    if (!running.waitFor(60, TimeUnit.SECONDS)) {
      kill();
    }
  }

  /// SIGKILL.
  void kill() throws InterruptedException {
    Process running = Objects.requireNonNull(process);
    running.destroyForcibly().waitFor();
    Path pid = directory.resolve("pid");
    try {
      Files.deleteIfExists(pid);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Runs the `docker` command on it.
  ///
  /// @return its lines
  List<String> docker(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker", "-H", host()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  /// Copies an image from the engine of the machine.
  void load(String image) throws IOException, InterruptedException {
    Path tar = directory.resolve("image.tar");
    run(List.of("docker", "save", "-o", tar.toString(), image));
    docker("load", "-q", "-i", tar.toString());
    Files.delete(tar);
  }

  private static List<String> run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(command + " failed: " + output);
    }
    return output.lines().filter(line -> !line.isBlank()).toList();
  }

  /// How many file systems of containers are mounted.
  long mounts() throws IOException {
    String data = directory.resolve("data").toString();
    return Files.readAllLines(Path.of("/proc/mounts")).stream()
        .filter(line -> line.contains(data + "/overlay2") && line.contains("/merged "))
        .count();
  }

  /// Ends it with all of its containers.
  @Override
  public void close() throws IOException, InterruptedException {
    Process running = process;
    if (running != null && running.isAlive()) {
      for (String id : docker("ps", "-aq")) {
        docker("rm", "-f", id);
      }
      stop();
    }
    run(List.of("umount", "-l", directory.resolve("data").toString()));
  }
}
