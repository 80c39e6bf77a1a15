package io.holdfast.multijvm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Containers as the `docker` command shows them: a view that shares no code with the node.
final class DockerCli {
  private static final int REMOVAL_TRIES = 10;

  static final String EPOCH = "io.holdfast.epoch";
  static final String NAMESPACE = "io.holdfast.namespace";
  static final String OBJECT = "io.holdfast.object";

  private DockerCli() {}

  /// The ids of the running containers of an object.
  static List<String> containersOf(String objectId) {
    return lines("ps", "-q", "--no-trunc", "--filter", "label=" + OBJECT + "=" + objectId);
  }

  /// The ids of all running containers, by their objects.
  static Map<String, Set<String>> runningContainersByObject() {
    return lines(
            "ps",
            "--no-trunc",
            "--filter",
            "label=" + OBJECT,
            "--format",
            "{{.Label \"%s\"}} {{.ID}}".formatted(OBJECT))
        .stream()
        .map(line -> line.split(" "))
        .collect(
            Collectors.groupingBy(
                words -> words[0], Collectors.mapping(words -> words[1], Collectors.toSet())));
  }

  /// The ids of the running containers of one data directory.
  static List<String> containersOfDeployment(String deployment) {
    return lines(
        "ps", "-q", "--no-trunc", "--filter", "label=io.holdfast.deployment=" + deployment);
  }

  /// The ids of all containers of one data directory, also of those that do not run.
  static List<String> allContainersOfDeployment(String deployment) {
    return lines(
        "ps", "-aq", "--no-trunc", "--filter", "label=io.holdfast.deployment=" + deployment);
  }

  /// The ids of all containers of an object, also of those that do not run.
  static List<String> allContainersOf(String objectId) {
    return lines("ps", "-aq", "--no-trunc", "--filter", "label=" + OBJECT + "=" + objectId);
  }

  static void remove(String container) {
    lines("rm", "-f", container);
  }

  static boolean exists(String container) {
    return lines("ps", "-aq", "--no-trunc").contains(container);
  }

  /// Starts a container that looks like another one's twin, but for one label.
  ///
  /// @return its id
  static String runTwin(String container, String label, String value) {
    List<String> command = new ArrayList<>(List.of("run", "-d", "--network", "none"));
    labelsOf(container)
        .forEach((name, its) ->
            command.addAll(List.of("--label", name + "=" + (name.equals(label) ? value : its))));
    command.add(image(container));
    return lines(command.toArray(String[]::new)).getFirst();
  }

  private static Map<String, String> labelsOf(String container) {
    Map<String, String> labels = new HashMap<>();
    for (String line :
        lines(
            "inspect",
            "-f",
            "{{range $k, $v := .Config.Labels}}{{println $k $v}}{{end}}",
            container)) {
      if (!line.isBlank()) {
        String[] pair = line.split(" ", 2);
        labels.put(pair[0], pair[1]);
      }
    }
    return labels;
  }

  private static String image(String container) {
    return lines("inspect", "-f", "{{.Config.Image}}", container).getFirst();
  }

  /// Removes all containers and networks of one data directory, and of no other.
  static void removeDeployment(String deployment) {
    for (int attempt = 1; ; attempt++) {
      try {
        tryToRemove(deployment);
        return;
      } catch (AssertionError e) {
        if (attempt == REMOVAL_TRIES) {
          throw e;
        }
        // The engine may still be making what a killed node had asked for.
        NodeProcess.pause(Duration.ofMillis(500));
      }
    }
  }

  private static void tryToRemove(String deployment) {
    for (String label : List.of("deployment", "slot")) {
      lines("ps", "-aq", "--filter", "label=io.holdfast." + label + "=" + deployment)
          .forEach(DockerCli::remove);
    }
    lines("network", "ls", "-q", "--filter", "label=io.holdfast.deployment=" + deployment)
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
