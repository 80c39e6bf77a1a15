package io.holdfast.multijvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Sees each start and each end of a container of any object, as `docker events` tells them, and
/// remembers which object had two at one time. An engine that is away is waited for. Thread-safe.
final class ContainerEye implements AutoCloseable {
  private static final String START = "start";
  private static final Duration TRY_AGAIN = Duration.ofMillis(100);

  private final Thread reader;
  private final Map<String, Set<String>> running = new HashMap<>();
  private final Set<String> objects = new HashSet<>();
  private final List<String> twice = new ArrayList<>();
  private @Nullable Process events;
  private boolean closed;

  /// From now on.
  static ContainerEye open() {
    ContainerEye eye = new ContainerEye();
    eye.look();
    eye.reader.start();
    return eye;
  }

  private ContainerEye() {
    reader = Thread.ofPlatform().daemon().name("container-eye").unstarted(this::read);
  }

  /** What there is now; events are those from then on. */
  private void look() {
    long now = System.currentTimeMillis();
    Map<String, Set<String>> found = DockerCli.runningContainersByObject();
    synchronized (this) {
      running.clear();
      found.forEach((object, containers) -> containers.forEach(one -> started(object, one)));
      if (!closed) {
        events = eventsSince(now);
      }
    }
  }

  private static Process eventsSince(long millis) {
    try {
      return new ProcessBuilder(
              "docker",
              "events",
              "--since",
              "%d.%03d".formatted(millis / 1_000, millis % 1_000),
              "--filter",
              "label=" + DockerCli.OBJECT,
              "--filter",
              "event=" + START,
              "--filter",
              "event=die",
              "--format",
              "{{.Action}} {{index .Actor.Attributes \"%s\"}} {{.Actor.ID}}"
                  .formatted(DockerCli.OBJECT))
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    while (readToItsEnd()) {
      NodeProcess.pause(TRY_AGAIN);
      try {
        look();
      } catch (AssertionError _) {
        // The engine is away.
      }
    }
  }

  /** False when this was closed. */
  private boolean readToItsEnd() {
    Process stream;
    synchronized (this) {
      stream = Objects.requireNonNull(events);
    }
    try (BufferedReader lines = stream.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals(START)) {
          started(words[1], words[2]);
        } else {
          ended(words[1], words[2]);
        }
      }
    } catch (IOException _) {
      // Its end.
    }
    synchronized (this) {
      return !closed;
    }
  }

  private synchronized void started(String object, String container) {
    objects.add(object);
    Set<String> its = running.computeIfAbsent(object, _ -> new HashSet<>());
    if (its.add(container) && its.size() > 1) {
      twice.add(object + ": " + its);
    }
  }

  private synchronized void ended(String object, String container) {
    running.computeIfAbsent(object, _ -> new HashSet<>()).remove(container);
  }

  /// The objects that had a container.
  synchronized Set<String> objects() {
    return Set.copyOf(objects);
  }

  /// The objects that had two at one time, with both.
  synchronized List<String> twice() {
    return List.copyOf(twice);
  }

  @Override
  public void close() throws InterruptedException {
    synchronized (this) {
      closed = true;
      Objects.requireNonNull(events).destroy();
    }
    reader.join();
  }
}
