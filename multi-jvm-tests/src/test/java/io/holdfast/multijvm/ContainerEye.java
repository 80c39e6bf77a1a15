package io.holdfast.multijvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Sees each start and each end of a container of any object, as `docker events` tells them, and
/// remembers which object had two at one time. Thread-safe.
final class ContainerEye implements AutoCloseable {
  private static final String START = "start";

  private final Process events;
  private final Thread reader;
  private final Map<String, Set<String>> running = new HashMap<>();
  private final List<String> twice = new ArrayList<>();

  /// From now on.
  static ContainerEye open() {
    return new ContainerEye();
  }

  private ContainerEye() {
    try {
      events =
          new ProcessBuilder(
                  "docker",
                  "events",
                  "--since",
                  Long.toString(System.currentTimeMillis() / 1_000),
                  "--filter",
                  "label=" + DockerCli.OBJECT,
                  "--filter",
                  "event=" + START,
                  "--filter",
                  "event=die",
                  "--format",
                  "{{.Action}} {{index .Actor.Attributes \"%s\"}} {{.Actor.ID}}"
                      .formatted(DockerCli.OBJECT))
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    reader = Thread.ofPlatform().daemon().name("container-eye").start(this::read);
    DockerCli.runningContainersByObject().forEach(this::started);
  }

  private void read() {
    try (BufferedReader lines = events.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        if (words.length != 3) {
          throw new IllegalStateException("docker events: " + line);
        } else if (words[0].equals(START)) {
          started(words[1], Set.of(words[2]));
        } else {
          ended(words[1], words[2]);
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private synchronized void started(String object, Set<String> containers) {
    Set<String> its = running.computeIfAbsent(object, _ -> new HashSet<>());
    if (its.addAll(containers) && its.size() > 1) {
      twice.add(object + ": " + its);
    }
  }

  private synchronized void ended(String object, String container) {
    running.computeIfAbsent(object, _ -> new HashSet<>()).remove(container);
  }

  /// The objects that had a container.
  synchronized Set<String> objects() {
    return Set.copyOf(running.keySet());
  }

  /// The objects that had two at one time, with both.
  synchronized List<String> twice() {
    return List.copyOf(twice);
  }

  @Override
  public void close() throws InterruptedException {
    events.destroy();
    reader.join();
  }
}
