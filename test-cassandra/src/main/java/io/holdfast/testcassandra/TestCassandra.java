package io.holdfast.testcassandra;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A real Cassandra on 127.0.0.1, or a node of a ring on 127.0.0.x, as a child JVM: the jars of
/// `cassandra-all` from Maven Central, which the build has copied beside this module. Ready within
/// seconds, with some 400 MB of memory. Writes are on the disk before they are acknowledged.
///
/// Runs on the JDK of the test. It ends with the test's JVM at the latest. Not thread-safe.
public final class TestCassandra implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);
  private static final String DAEMON = "org.apache.cassandra.service.CassandraDaemon";
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final String DATACENTER = "datacenter1";
  private static final String RACK = "cassandra-rackdc.properties";

  private final Path directory;
  private final InetSocketAddress contactPoint;
  private final String datacenter;
  private final List<String> command;
  private Process process;
  private Thread atExit;

  private TestCassandra(
      Path directory, InetSocketAddress contactPoint, String datacenter, List<String> command)
      throws IOException {
    this.directory = directory;
    this.contactPoint = contactPoint;
    this.datacenter = datacenter;
    this.command = command;
    this.process = launch();
    this.atExit = killAtExit(process);
  }

  /// Starts one with an empty or an earlier data directory; returns when it serves.
  ///
  /// @throws IOException when it does not start; the message has the end of its log
  public static TestCassandra start(Path directory) throws IOException, InterruptedException {
    return start(directory, new Place(List.of(LOOPBACK), 0, DATACENTER), Ports.free());
  }

  /// Starts one node of a ring whose others other processes start; returns when it serves and sees
  /// those before it.
  ///
  /// @param ring the addresses of all; the first is where the others ask for the ring
  /// @param number which of them this is, from 0
  /// @throws IOException when it does not start
  static TestCassandra member(
      Path directory,
      List<InetAddress> ring,
      int number,
      String datacenter,
      int cqlPort,
      int storagePort)
      throws IOException, InterruptedException {
    TestCassandra member =
        start(directory, new Place(ring, number, datacenter), new Ports(cqlPort, storagePort));
    member.awaitSight(ring.subList(0, number));
    return member;
  }

  /// Starts nodes that share a ring, on 127.0.0.1, 127.0.0.2 and so on, each below a directory of
  /// its own; returns when all serve.
  ///
  /// @param datacenters of each node
  /// @throws IOException when one of them does not start; then none runs
  public static List<TestCassandra> ring(Path directory, List<String> datacenters)
      throws IOException, InterruptedException {
    Ports ports = Ports.free();
    List<InetAddress> addresses =
        IntStream.rangeClosed(1, datacenters.size())
            .mapToObj(number -> InetAddress.ofLiteral("127.0.0." + number))
            .toList();
    List<TestCassandra> ring = new ArrayList<>();
    try {
      for (String datacenter : datacenters) {
        Place place = new Place(addresses, ring.size(), datacenter);
        ring.add(start(directory.resolve("cassandra-" + (ring.size() + 1)), place, ports));
        for (TestCassandra each : ring) {
          each.awaitSight(addresses.subList(0, ring.size()));
        }
      }
    } catch (IOException | InterruptedException e) {
      ring.forEach(TestCassandra::close);
      throw e;
    }
    return ring;
  }

  /**
   * In a ring.
   *
   * @param ring the addresses of all
   * @param number from 0
   */
  private record Place(List<InetAddress> ring, int number, String datacenter) {
    InetAddress address() {
      return ring.get(number);
    }

    /** Each has as much of the ring as any other. */
    long token() {
      return Long.MIN_VALUE + 1 + number * (Long.MAX_VALUE / ring.size()) * 2;
    }
  }

  private record Ports(int cql, int storage) {
    static Ports free() {
      return new Ports(FreePort.next(), FreePort.next());
    }
  }

  private static TestCassandra start(Path directory, Place place, Ports ports)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Map<String, String> values =
        Map.of(
            "{address}",
            place.address().getHostAddress(),
            "{seed}",
            place.ring().getFirst().getHostAddress(),
            "{token}",
            "" + place.token(),
            "{datacenter}",
            place.datacenter(),
            "{nativePort}",
            "" + ports.cql(),
            "{storagePort}",
            "" + ports.storage());
    for (String file : List.of("jvm.options", "cassandra.yaml", "logback.xml", RACK)) {
      Files.writeString(directory.resolve(file), filled(resource(file), values));
    }
    TestCassandra cassandra =
        new TestCassandra(
            directory,
            new InetSocketAddress(place.address(), ports.cql()),
            place.datacenter(),
            command(directory));
    cassandra.awaitReady();
    return cassandra;
  }

  private static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(TestCassandra.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static String filled(String template, Map<String, String> values) {
    String text = template;
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace(value.getKey(), value.getValue());
    }
    return text;
  }

  private static List<String> command(Path directory) throws IOException {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "@" + directory.resolve("jvm.options"),
        "-Dcassandra.config=" + directory.resolve("cassandra.yaml").toUri(),
        "-Dcassandra-rackdc.properties=" + directory.resolve(RACK).toUri(),
        "-Dcassandra.storagedir=" + directory,
        "-Dcassandra.logdir=" + directory,
        "-Djava.io.tmpdir=" + directory,
        "-Dlogback.configurationFile=" + directory.resolve("logback.xml"),
        "-cp",
        classPath(),
        DAEMON);
  }

  /** This module first: it has a class in the place of one of Cassandra's. */
  private static String classPath() throws IOException {
    Path own;
    try {
      own =
          Path.of(TestCassandra.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    Path jars = own.resolveSibling("lib");
    if (!Files.isDirectory(jars)) {
      throw new IOException(
          "expected the jars of Cassandra in %s, where the build of test-cassandra puts them"
              .formatted(jars));
    }
    return own + File.pathSeparator + jars.resolve("*");
  }

  private Process launch() throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .start();
  }

  private Path log() {
    return directory.resolve("system.log");
  }

  private static Thread killAtExit(Process process) {
    Thread thread = new Thread(process::destroyForcibly, "test-cassandra-exit");
    Runtime.getRuntime().addShutdownHook(thread);
    return thread;
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!serves()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        kill();
        throw new IOException("Cassandra does not serve:\n" + endOfLog());
      }
      Thread.sleep(50);
    }
  }

  /** One that does not see the others yet would change the schema by itself. */
  private void awaitSight(List<InetAddress> ring) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!sees(ring)) {
      if (System.nanoTime() > deadline) {
        throw new IOException("Cassandra does not see the others of its ring:\n" + endOfLog());
      }
      Thread.sleep(100);
    }
  }

  private boolean sees(List<InetAddress> ring) throws IOException {
    String said = Files.readString(log());
    return ring.stream()
        .filter(each -> !each.equals(contactPoint.getAddress()))
        .map(each -> "InetAddress /" + each.getHostAddress() + ":")
        .allMatch(other ->
            said.lines().anyMatch(line -> line.contains(other) && line.endsWith(" is now UP")));
  }

  private boolean serves() {
    try (Socket socket = new Socket()) {
      socket.connect(contactPoint(), 1_000);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private String endOfLog() {
    try {
      List<String> lines = Files.readAllLines(log());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Where it speaks CQL.
  public InetSocketAddress contactPoint() {
    return contactPoint;
  }

  /// The name of its data center.
  public String datacenter() {
    return datacenter;
  }

  /// Where all its files are.
  public Path directory() {
    return directory;
  }

  /// Whether a text stands on its disk as it is, in its commit log above all, which is not
  /// compressed. Reads all files.
  public boolean isOnDisk(String text) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).anyMatch(file -> contains(file, text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).contains(text);
    } catch (NoSuchFileException _) {
      return false; // It came and went.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whether its process is there, also when it stands still.
  public boolean isRunning() {
    return process.isAlive();
  }

  /// Has it stand still (SIGSTOP) until [#resume].
  public void pause() {
    signal("STOP");
  }

  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
      if (code != 0) {
        throw new IllegalStateException("kill -%s ended with %d".formatted(name, code));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Ends it as a crash does; returns when it is gone.
  public void kill() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        var _ = process.waitFor();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Starts it again after [#kill], with its data; returns when it serves.
  public void restart() throws IOException, InterruptedException {
    process = launch();
    atExit = killAtExit(process);
    awaitReady();
  }

  /// As [#kill]: an orderly end takes seconds, and nothing of it is needed. Its directory stays.
  @Override
  public void close() {
    kill();
  }
}
