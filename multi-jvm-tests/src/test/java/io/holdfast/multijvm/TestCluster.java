package io.holdfast.multijvm;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Replication;
import io.holdfast.testcassandra.FreePort;
import io.holdfast.testcassandra.TestCassandra;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Nodes on a real Cassandra, each a process of its own.
final class TestCluster implements AutoCloseable {
  /** What each cluster has to itself, also on a Cassandra that several have after each other. */
  private static final AtomicInteger KEYSPACES = new AtomicInteger();

  private static final Duration DROP_WITHIN = Duration.ofSeconds(30);

  /** The region, data center and jurisdiction of what is kept apart. */
  private static final String LAWFUL = "eu";

  private static final List<String> ONE = List.of("datacenter1");

  private final String keyspace = "holdfast_" + KEYSPACES.incrementAndGet();
  private final boolean onShared;
  private final List<TestCassandra> ring;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private final List<Gate> gates = new ArrayList<>();

  /// Starts Cassandra and the nodes; returns when all are ready.
  static TestCluster of(Path directory, int size, Path... apps)
      throws IOException, InterruptedException {
    return of(directory, size, node -> node, apps);
  }

  /// As the other, with something more for each node.
  static TestCluster of(Path directory, int size, UnaryOperator<NodeProcess> settings, Path... apps)
      throws IOException, InterruptedException {
    return new TestCluster(
            directory, ONE, Collections.nCopies(size, "local"), List.of(apps), false, settings)
        .started();
  }

  /// As [#of], without starting the nodes: see [#started].
  static TestCluster notStarted(Path directory, int size, Path... apps)
      throws IOException, InterruptedException {
    return new TestCluster(
        directory, ONE, Collections.nCopies(size, "local"), List.of(apps), false, node -> node);
  }

  /// Nodes of one region on a ring of three nodes of Cassandra, which have all rows.
  static TestCluster onRing(Path directory, int size, Path... apps)
      throws IOException, InterruptedException {
    return new TestCluster(
            directory,
            Collections.nCopies(3, "datacenter1"),
            Collections.nCopies(size, "local"),
            List.of(apps),
            false,
            node -> node)
        .started();
  }

  /// As [#of], with a gate in front of each node. A gate does not tell that the process behind it
  /// has died.
  static TestCluster gated(Path directory, int size, Path... apps)
      throws IOException, InterruptedException {
    return gated(directory, size, node -> node, apps);
  }

  /// As the other, with something more for each node.
  static TestCluster gated(
      Path directory, int size, UnaryOperator<NodeProcess> settings, Path... apps)
      throws IOException, InterruptedException {
    return new TestCluster(
            directory, ONE, Collections.nCopies(size, "local"), List.of(apps), true, settings)
        .started();
  }

  /// Nodes of several regions, gated.
  ///
  /// @param regions of each node: of `eu` (hint `weur`, jurisdiction `eu`), `us` (hint `enam`) and
  ///   `ap` (hint `apac`)
  static TestCluster ofRegions(Path directory, List<String> regions, Path... apps)
      throws IOException, InterruptedException {
    return ofRegions(directory, regions, node -> node, apps);
  }

  /// As the other, with something more for each node.
  static TestCluster ofRegions(
      Path directory, List<String> regions, UnaryOperator<NodeProcess> settings, Path... apps)
      throws IOException, InterruptedException {
    return new TestCluster(directory, ONE, regions, List.of(apps), true, settings).started();
  }

  /// Nodes of several regions, gated; each region has a node of Cassandra of its own, which is a
  /// data center with the region's name and has all rows, but for those under a jurisdiction that
  /// the region is not in.
  static TestCluster ofDatacenters(
      Path directory, List<String> regions, UnaryOperator<NodeProcess> settings, Path... apps)
      throws IOException, InterruptedException {
    List<String> datacenters = regions.stream().distinct().toList();
    return new TestCluster(directory, datacenters, regions, List.of(apps), true, settings)
        .started();
  }

  private TestCluster(
      Path directory,
      List<String> datacenters,
      List<String> regions,
      List<Path> apps,
      boolean gated,
      UnaryOperator<NodeProcess> settings)
      throws IOException, InterruptedException {
    int size = regions.size();
    onShared = datacenters.size() == 1;
    ring =
        onShared ? List.of(SharedCassandra.running()) : TestCassandra.ring(directory, datacenters);
    try (CqlSession session = session()) {
      new CassandraSchema(keyspace).create(session, Replication.parse(copiesOfAll(datacenters)));
      if (datacenters.contains(LAWFUL)) {
        CassandraSchema.ofJurisdiction(keyspace, LAWFUL)
            .create(session, Replication.parse(LAWFUL + "=1"));
      }
    }
    List<Integer> ports = new ArrayList<>();
    List<Integer> peerPorts = new ArrayList<>();
    List<Integer> known = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ports.add(FreePort.next());
      peerPorts.add(FreePort.next());
      if (gated) {
        gates.add(new Gate(ports.get(i), peerPorts.get(i)));
      }
      known.add(gated ? gates.get(i).port() : ports.get(i));
    }
    boolean severalRegions = regions.stream().distinct().count() > 1;
    // Both ways to find each other; several regions need one that is listed.
    String seed = gated && !severalRegions ? "dns:localhost:" : "127.0.0.1:";
    for (int i = 0; i < size; i++) {
      Path home = Files.createDirectory(directory.resolve("node-" + (i + 1)));
      List<TestCassandra> near = near(regions.get(i));
      nodes.add(
          new NodeProcess(home, apps)
              .with("holdfast.node", "node-" + (i + 1))
              .with("holdfast.region", regions.get(i))
              .with("holdfast.store", "cassandra")
              // All nodes make them on one engine, which then has no time for containers.
              .with("holdfast.engine.network.prepared", "0")
              .withList(
                  "holdfast.persistence.cassandra.contact-points",
                  near.stream().map(TestCluster::contactPoint).toList())
              .with("holdfast.persistence.cassandra.datacenter", near.getFirst().datacenter())
              .with("holdfast.persistence.cassandra.keyspace", keyspace)
              .with("holdfast.cluster.port", known.get(i).toString())
              .with("pekko.remote.artery.bind.port", ports.get(i).toString())
              .with(
                  "holdfast.cluster.peer-port",
                  Integer.toString(gated ? gates.get(i).peerPort() : peerPorts.get(i)))
              .with("holdfast.cluster.peer-bind-port", peerPorts.get(i).toString())
              .withList(
                  "holdfast.cluster.seeds", known.stream().map(port -> seed + port).toList()));
    }
    if (severalRegions) {
      nodes.forEach(TestCluster::listRegions);
      if (!datacenters.contains(LAWFUL)) {
        nodes.forEach(this::keepTogether);
      }
    }
    nodes.replaceAll(settings);
  }

  /// For what only the store can tell; the caller closes it.
  CqlSession session() {
    return CassandraSessions.open(
        ring.stream().map(TestCassandra::contactPoint).toList(), ring.getFirst().datacenter());
  }

  /** On each node, or on three. */
  private static String copiesOfAll(List<String> datacenters) {
    return datacenters.stream()
        .distinct()
        .map(name -> name + "=" + Math.min(3, Collections.frequency(datacenters, name)))
        .collect(Collectors.joining(","));
  }

  /** The nodes of Cassandra in the data center of a region, or all when there is but one. */
  private List<TestCassandra> near(String region) {
    List<TestCassandra> own =
        ring.stream().filter(each -> each.datacenter().equals(region)).toList();
    return own.isEmpty() ? ring : own;
  }

  /// Starts the nodes; returns when all are ready. When one is not, all are ended.
  TestCluster started() throws IOException {
    try {
      nodes.forEach(NodeProcess::spawn);
      nodes.forEach(NodeProcess::awaitReady);
      return this;
    } catch (AssertionError | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static void listRegions(NodeProcess node) {
    NodeProcess _ =
        node.with("holdfast.regions.eu.number", "1")
            .withList("holdfast.regions.eu.hints", List.of("weur"))
            .withList("holdfast.regions.eu.jurisdictions", List.of("eu"))
            .with("holdfast.regions.us.number", "2")
            .withList("holdfast.regions.us.hints", List.of("enam"))
            .with("holdfast.regions.ap.number", "3")
            .withList("holdfast.regions.ap.hints", List.of("apac"));
  }

  /** All regions have the same data center. */
  private void keepTogether(NodeProcess node) {
    NodeProcess _ =
        node.with("holdfast.persistence.cassandra.jurisdiction-keyspaces." + LAWFUL, keyspace);
  }

  private static String contactPoint(TestCassandra cassandra) {
    return cassandra.contactPoint().getAddress().getHostAddress()
        + ":"
        + cassandra.contactPoint().getPort();
  }

  /// The only node of Cassandra, or the first.
  TestCassandra cassandra() {
    return ring.getFirst();
  }

  List<TestCassandra> ring() {
    return ring;
  }

  /// Where its tables are.
  String keyspace() {
    return keyspace;
  }

  int size() {
    return nodes.size();
  }

  /// @param number from 1
  NodeProcess node(int number) {
    return nodes.get(number - 1);
  }

  /// What other nodes say to a node passes through its gate.
  ///
  /// @param number from 1
  Gate gate(int number) {
    return gates.get(number - 1);
  }

  List<Gate> gates() {
    return gates;
  }

  @Override
  public void close() throws IOException {
    nodes.forEach(NodeProcess::close);
    for (Gate gate : gates) {
      gate.close();
    }
    if (onShared) {
      try (CqlSession session = session()) {
        session.execute(
            SimpleStatement.newInstance("DROP KEYSPACE " + keyspace).setTimeout(DROP_WITHIN));
      }
    } else {
      ring.forEach(TestCassandra::close);
    }
  }
}
