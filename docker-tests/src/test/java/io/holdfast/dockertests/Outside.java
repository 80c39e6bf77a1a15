package io.holdfast.dockertests;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// A machine on the other side of this host, as the internet is: a network namespace with a public
/// address. Needs root.
final class Outside implements AutoCloseable {
  private final int block = ThreadLocalRandom.current().nextInt(64) * 4;
  private final String name = "hfout" + block;
  private final Process server;
  private final List<Process> programs = new ArrayList<>();

  Outside() throws IOException, InterruptedException {
    ip("netns", "add", name);
    ip("link", "add", name + "h", "type", "veth", "peer", "name", name + "n", "netns", name);
    ip("addr", "add", "203.0.113.%d/30".formatted(block + 1), "dev", name + "h");
    ip("link", "set", name + "h", "up");
    ip("-n", name, "addr", "add", address() + "/30", "dev", name + "n");
    ip("-n", name, "link", "set", name + "n", "up");
    ip("-n", name, "route", "add", "default", "via", "203.0.113.%d".formatted(block + 1));
    server =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                name,
                "/bin/busybox",
                "nc",
                "-ll",
                "-p",
                "" + port(),
                "-e",
                "/bin/true")
            .inheritIO()
            .start();
    await().until(this::answers);
  }

  String address() {
    return "203.0.113." + (block + 2);
  }

  int port() {
    return 8088;
  }

  /// Gives it one more address, reached over this host as well.
  void alsoAt(String another) throws IOException, InterruptedException {
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", another + "/32", "dev", "lo");
    ip("route", "replace", another + "/32", "via", address(), "dev", name + "h");
  }

  /// Starts a program inside; it ends with [#close].
  void run(List<String> command) throws IOException {
    List<String> inside = new ArrayList<>(List.of("ip", "netns", "exec", name));
    inside.addAll(command);
    programs.add(new ProcessBuilder(inside).inheritIO().start());
  }

  private boolean answers() {
    try (Socket _ = new Socket(address(), port())) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    DockerCommand.run(command);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    server.destroyForcibly().waitFor();
    for (Process program : programs) {
      program.destroyForcibly().waitFor();
    }
    ip("netns", "del", name);
  }
}
