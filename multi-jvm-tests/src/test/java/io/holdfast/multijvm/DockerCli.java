package io.holdfast.multijvm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Containers as the `docker` command shows them: a view that shares no code with the node.
final class DockerCli {
  private static final String OBJECT = "io.holdfast.object";

  private DockerCli() {}

  /// The ids of the running containers of an object.
  static List<String> containersOf(String objectId) {
    return lines("ps", "-q", "--no-trunc", "--filter", "label=" + OBJECT + "=" + objectId);
  }

  static void remove(String container) {
    lines("rm", "-f", container);
  }

  /// Starts a container that looks like another one's twin, but of an object that nobody knows.
  static void runTwin(String container, String objectId) {
    List<String> command = new ArrayList<>(List.of("run", "-d", "--network", "none"));
    for (String label :
        lines(
            "inspect",
            "-f",
            "{{range $k, $v := .Config.Labels}}{{println $k $v}}{{end}}",
            container)) {
      String[] pair = label.split(" ", 2);
      if (!label.isBlank()) {
        command.addAll(
            List.of("--label", pair[0] + "=" + (pair[0].equals(OBJECT) ? objectId : pair[1])));
      }
    }
    command.add(image(container));
    lines(command.toArray(String[]::new));
  }

  private static String image(String container) {
    return lines("inspect", "-f", "{{.Config.Image}}", container).getFirst();
  }

  /// Removes all containers and networks of one data directory, and of no other.
  static void removeDeployment(String deployment) {
    String filter = "label=io.holdfast.deployment=" + deployment;
    lines("ps", "-aq", "--filter", filter).forEach(DockerCli::remove);
    lines("network", "ls", "-q", "--filter", filter)
        .forEach(network -> lines("network", "rm", network));
  }

  private static List<String> lines(String... arguments) {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new AssertionError(
            command + " failed (is a Docker Engine running? scripts/docker-up): " + output);
      }
      return output.lines().toList();
    } catch (IOException e) {
      throw new AssertionError(command + " failed: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
