package io.holdfast.multijvm;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// The app jars that the tests deploy.
final class Apps {
  private static final String LEDGER_DESCRIPTOR =
      """
      {
        "name": "ledger",
        "worker": "io.holdfast.multijvm.app.LedgerWorker",
        "routes": ["/ledger/*"],
        "objects": [{ "name": "ledgers", "class": "io.holdfast.multijvm.app.Ledger" }],
      }
      """;

  private static final String MAIL_DESCRIPTOR =
      """
      {
        "name": "mail",
        "worker": "io.holdfast.multijvm.app.MailWorker",
        "routes": ["/mail/*"],
        "objects": [{ "name": "mailboxes", "class": "io.holdfast.multijvm.app.Mailbox" }],
      }
      """;

  private static final String TIMERS_DESCRIPTOR =
      """
      {
        "name": "timers",
        "worker": "io.holdfast.multijvm.app.TimersWorker",
        "routes": ["/timers/*"],
        "objects": [{ "name": "timers", "class": "io.holdfast.multijvm.app.Timers" }],
      }
      """;

  private static final String CROWD_DESCRIPTOR =
      """
      {
        "name": "crowd",
        "worker": "io.holdfast.multijvm.app.CrowdWorker",
        "routes": ["/crowd/*"],
        "objects": [{ "name": "crowd", "class": "io.holdfast.multijvm.app.Crowd" }],
      }
      """;

  private static final String ROOMS_DESCRIPTOR =
      """
      {
        "name": "rooms",
        "worker": "io.holdfast.multijvm.app.RoomWorker",
        "routes": ["/rooms/*"],
        "objects": [{ "name": "rooms", "class": "io.holdfast.multijvm.app.Room" }],
      }
      """;

  private static final String RELAY_DESCRIPTOR =
      """
      {
        "name": "relay",
        "worker": "io.holdfast.multijvm.app.RelayWorker",
        "routes": ["/relay/*"],
        "objects": [{ "name": "relays", "class": "io.holdfast.multijvm.app.Relay" }],
      }
      """;

  private static final String PLACES_DESCRIPTOR =
      """
      {
        "name": "places",
        "worker": "io.holdfast.multijvm.app.PlaceWorker",
        "routes": ["/place/*", "/unique/*"],
        "objects": [{ "name": "places", "class": "io.holdfast.multijvm.app.Place" }],
      }
      """;

  private static final String BOXES_DESCRIPTOR =
      """
      {
        "name": "boxes",
        "worker": "io.holdfast.multijvm.app.BoxWorker",
        "routes": ["/box/*", "/few/*"],
        "objects": [{
          "name": "boxes",
          "class": "io.holdfast.multijvm.app.Box",
          "container": {
            "image": "holdfast-demo/sandbox:latest",
            "instanceType": "basic",
            "maxInstances": 20,
            "persistentPaths": ["/home/guest"],
          },
        }, {
          "name": "few",
          "class": "io.holdfast.multijvm.app.FewBox",
          "container": { "image": "holdfast-demo/sandbox:latest", "maxInstances": 2 },
        }],
      }
      """;

  private static boolean nodeIsQuick;

  private Apps() {}

  /// Has `scripts/aot-cache` run once, so that each of the many starts takes half the CPU time.
  static synchronized void makeNodeQuick() {
    if (nodeIsQuick) {
      return;
    }
    ProcessBuilder script = new ProcessBuilder(project().resolve("scripts/aot-cache").toString());
    script.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      int code = script.inheritIO().start().waitFor();
      nodeIsQuick = true;
      if (code != 0) {
        throw new IllegalStateException("scripts/aot-cache ended with code " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// An example as the build made it.
  static Path example(String name) {
    Path jar = project().resolve("examples/" + name + "/target/" + name + ".jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          "expected " + jar + ", found nothing; build it with: make fast");
    }
    return jar;
  }

  /// Counters, from a jar of the classes in package `app`.
  static Path ledger(Path directory) throws IOException {
    return jar(directory.resolve("ledger.jar"), LEDGER_DESCRIPTOR);
  }

  /// Timers, from a jar of the same classes.
  static Path timers(Path directory) throws IOException {
    return jar(directory.resolve("timers.jar"), TIMERS_DESCRIPTOR);
  }

  /// Very many objects, from a jar of the same classes.
  static Path crowd(Path directory) throws IOException {
    return jar(directory.resolve("crowd.jar"), CROWD_DESCRIPTOR);
  }

  /// Rooms for WebSockets, from a jar of the same classes.
  static Path rooms(Path directory) throws IOException {
    return jar(directory.resolve("rooms.jar"), ROOMS_DESCRIPTOR);
  }

  /// Objects that send back what they get, from a jar of the same classes.
  static Path relay(Path directory) throws IOException {
    return jar(directory.resolve("relay.jar"), RELAY_DESCRIPTOR);
  }

  /// Objects that say where they are, from a jar of the same classes.
  static Path places(Path directory) throws IOException {
    return jar(directory.resolve("places.jar"), PLACES_DESCRIPTOR);
  }

  /// Objects with containers, 20 of `boxes` and 2 of `few`, from a jar of the same classes.
  static Path boxes(Path directory) throws IOException {
    return jar(directory.resolve("boxes.jar"), BOXES_DESCRIPTOR);
  }

  /// Mailboxes, from a jar of the same classes.
  static Path mail(Path directory) throws IOException {
    return jar(directory.resolve("mail.jar"), MAIL_DESCRIPTOR);
  }

  /// The sandbox example, with another text in its descriptor.
  static Path sandbox(Path directory, String from, String to) throws IOException {
    Path jar = directory.resolve("sandbox.jar");
    Files.copy(example("sandbox"), jar);
    try (FileSystem zip = FileSystems.newFileSystem(jar)) {
      Path descriptor = zip.getPath("holdfast.jsonc");
      String text = Files.readString(descriptor);
      if (!text.contains(from)) {
        throw new IllegalArgumentException("expected " + from + " in the descriptor");
      }
      Files.writeString(descriptor, text.replace(from, to));
    }
    return jar;
  }

  private static Path jar(Path jar, String descriptor) throws IOException {
    Path classes = project().resolve("multi-jvm-tests/target/test-classes");
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      add(zip, "holdfast.jsonc", descriptor.getBytes(StandardCharsets.UTF_8));
      for (Path file : filesOf(classes.resolve("io/holdfast/multijvm/app"))) {
        add(zip, classes.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return jar;
  }

  private static List<Path> filesOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }

  /// The root of the project: the nearest folder upwards with scripts/holdfast-node.
  static Path project() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("scripts/holdfast-node"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "expected scripts/holdfast-node in a folder above " + Path.of("").toAbsolutePath());
  }
}
