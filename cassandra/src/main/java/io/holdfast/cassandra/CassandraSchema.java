package io.holdfast.cassandra;

import static com.datastax.oss.driver.api.core.metadata.schema.ClusteringOrder.ASC;
import static com.datastax.oss.driver.api.core.metadata.schema.ClusteringOrder.DESC;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.DriverTimeoutException;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.loadbalancing.NodeDistance;
import com.datastax.oss.driver.api.core.metadata.Node;
import com.datastax.oss.driver.api.core.metadata.NodeState;
import com.datastax.oss.driver.api.core.metadata.schema.ClusteringOrder;
import com.datastax.oss.driver.api.core.metadata.schema.KeyspaceMetadata;
import com.datastax.oss.driver.api.core.metadata.schema.TableMetadata;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A version counts up with each change of the tables; its row is written last, so what says "version 1" has all of it. Nodes
 * never create anything: Cassandra does not like two that change its schema at one time.
 */
/// The tables of Holdfast in one keyspace of Cassandra. Blocks; any thread.
public final class CassandraSchema {
  /// What this build makes and needs.
  public static final int VERSION = 7;

  private static final Logger log = LoggerFactory.getLogger(CassandraSchema.class);

  private static final Pattern KEYSPACE = Pattern.compile("[a-z][a-z0-9_]{0,47}");
  private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration AGREEMENT_PAUSE = Duration.ofMillis(50);
  private static final String OWN_SCHEMA = "SELECT schema_version FROM system.local";
  private static final String OTHER_SCHEMAS = "SELECT host_id, schema_version FROM system.peers";

  private static final String CREATE = "holdfast schema create";
  private static final String INFO = "schema_info";
  private static final String ONLY_ROW = "holdfast";

  /**
   * What is stored of objects. Events as pekko-persistence-cassandra 1.1 has them, without tags and
   * lists of ids, and with one column more.
   */
  private static final List<TableDefinition> OF_OBJECTS =
      List.of(
          new TableDefinition(
              "messages",
              columns(
                  "persistence_id text",
                  "partition_nr bigint",
                  "sequence_nr bigint",
                  "timestamp timeuuid",
                  "timebucket text",
                  "writer_uuid text",
                  "ser_id int",
                  "ser_manifest text",
                  "event_manifest text",
                  "event blob",
                  "meta_ser_id int",
                  "meta_ser_manifest text",
                  "meta blob",
                  "tags set<text>",
                  // The last number that a strict append has stored.
                  "last_nr bigint static"),
              List.of("persistence_id", "partition_nr"),
              ordered(ASC, "sequence_nr", "timestamp"),
              List.of()),
          new TableDefinition(
              "metadata",
              columns("persistence_id text", "deleted_to bigint", "properties map<text, text>"),
              List.of("persistence_id"),
              ordered(ASC),
              List.of()),
          new TableDefinition(
              "snapshots",
              columns(
                  "persistence_id text",
                  "sequence_nr bigint",
                  "timestamp bigint",
                  "ser_id int",
                  "ser_manifest text",
                  "bytes int",
                  "data blob"),
              List.of("persistence_id"),
              ordered(DESC, "sequence_nr"),
              List.of()),
          // The chunks of large snapshots; a bucket is 64 MiB of an image.
          new TableDefinition(
              "object_chunks",
              columns(
                  "persistence_id text",
                  "bucket int",
                  "chunk_no int",
                  "tx_seq bigint",
                  "epoch bigint",
                  "data blob"),
              List.of("persistence_id", "bucket"),
              ordered(ASC, "chunk_no", "tx_seq", "epoch"),
              List.of()),
          // Which objects there are, by the namespace and a part of the id's digits.
          new TableDefinition(
              "objects",
              columns("namespace text", "bucket int", "id text"),
              List.of("namespace", "bucket"),
              ordered(ASC, "id"),
              List.of()),
          // When to wake which object. An hour has a partition of its own, so that what is over is
          // not walked through again.
          new TableDefinition(
              "alarms",
              columns(
                  "region text",
                  "slot int",
                  "hour bigint",
                  "due bigint",
                  "object text",
                  "stamp bigint"),
              List.of("region", "slot", "hour"),
              ordered(ASC, "due", "object"),
              List.of()),
          new TableDefinition(
              "alarm_hours",
              columns("region text", "slot int", "hour bigint"),
              List.of("region", "slot"),
              ordered(ASC, "hour"),
              List.of()),
          new TableDefinition(
              "object_alarms",
              columns("object text", "due bigint"),
              List.of("object"),
              ordered(ASC),
              List.of()),
          // The files that containers leave: who needs which archive, and what they consist of.
          new TableDefinition(
              "archive_references",
              columns("owner text", "name text", "data blob"),
              List.of("owner"),
              ordered(ASC, "name"),
              List.of()),
          new TableDefinition(
              "archive_blobs",
              columns("id text", "made timeuuid", "parts int", "used bigint"),
              List.of("id"),
              ordered(ASC, "made"),
              List.of()),
          new TableDefinition(
              "archive_parts",
              columns("id text", "made timeuuid", "part int", "data blob"),
              List.of("id", "made"),
              ordered(ASC, "part"),
              List.of()));

  /** What the nodes of all regions share. */
  private static final List<TableDefinition> OF_CLUSTER =
      List.of(
          // Where objects have their homes, in a cluster of several regions.
          new TableDefinition(
              "placements",
              columns("object text", "region text", "version bigint", "tx_seq bigint"),
              List.of("object"),
              ordered(ASC),
              List.of()),
          // What operators have said of regions.
          new TableDefinition(
              "region_states",
              columns("region text", "version bigint", "lost boolean"),
              List.of("region"),
              ordered(ASC),
              List.of()),
          // What is used; each life of a node counts for itself.
          new TableDefinition(
              "meters",
              columns(
                  "region text",
                  "day bigint",
                  "app text",
                  "namespace text",
                  "life text",
                  "usage blob"),
              List.of("region", "day"),
              ordered(ASC, "app", "namespace", "life"),
              List.of()),
          // How many of the containers that a namespace may have each node may run.
          new TableDefinition(
              "instances",
              columns("pool text", "version bigint", "shares frozen<map<text, int>>"),
              List.of("pool"),
              ordered(ASC),
              List.of()),
          new TableDefinition(
              "leases",
              columns("name text", "owner text", "fence bigint", "beat bigint"),
              List.of("name"),
              ordered(ASC),
              List.of()),
          new TableDefinition(
              "sessions",
              columns("region text", "id text"),
              List.of("region"),
              ordered(ASC, "id"),
              List.of()));

  private static final TableDefinition OF_VERSION =
      new TableDefinition(
          INFO, columns("id text", "version int"), List.of("id"), ordered(ASC), List.of());

  private static final List<String> JURISDICTIONS = List.of("eu", "us", "fedramp", "fedramp-high");

  private final String keyspace;
  private final List<TableDefinition> tables;

  /** The command that makes them. */
  private final String creating;

  /// All tables of a cluster.
  ///
  /// @param keyspace 1 to 48 lower-case letters, digits and underscores, a letter first
  /// @throws HoldfastException `config_invalid`
  public CassandraSchema(String keyspace) {
    this(keyspace, Stream.of(OF_OBJECTS, OF_CLUSTER), CREATE);
  }

  /// Those of the objects under a jurisdiction, in a keyspace beside that of the cluster.
  ///
  /// @param keyspace of the cluster
  /// @param jurisdiction such as `eu`
  /// @throws HoldfastException `config_invalid`
  public static CassandraSchema ofJurisdiction(String keyspace, String jurisdiction) {
    if (!JURISDICTIONS.contains(jurisdiction)) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "expected a jurisdiction of %s, found '%s'"
              .formatted(String.join(", ", JURISDICTIONS), jurisdiction));
    }
    return new CassandraSchema(
        keyspace + "_" + jurisdiction.replace('-', '_'),
        Stream.of(OF_OBJECTS),
        CREATE + " --jurisdiction " + jurisdiction);
  }

  private CassandraSchema(String keyspace, Stream<List<TableDefinition>> tables, String creating) {
    if (!KEYSPACE.matcher(keyspace).matches()) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "expected a keyspace of 1 to 48 lower-case letters, digits and underscores that starts with a letter, found '%s'"
              .formatted(keyspace));
    }
    this.keyspace = keyspace;
    this.creating = creating;
    this.tables = Stream.concat(tables.flatMap(List::stream), Stream.of(OF_VERSION)).toList();
  }

  /// Where the tables are.
  public String keyspace() {
    return keyspace;
  }

  private static SequencedMap<String, String> columns(String... columns) {
    SequencedMap<String, String> types = new LinkedHashMap<>();
    for (String column : columns) {
      String[] both = column.split(" ", 2);
      types.put(both[0], both[1]);
    }
    return types;
  }

  private static SequencedMap<String, ClusteringOrder> ordered(
      ClusteringOrder order, String... columns) {
    SequencedMap<String, ClusteringOrder> all = new LinkedHashMap<>();
    for (String column : columns) {
      all.put(column, order);
    }
    return all;
  }

  /// All statements that [#create] runs, in their order.
  public List<String> statements(Replication replication) {
    List<String> all = new ArrayList<>();
    all.add(
        "CREATE KEYSPACE IF NOT EXISTS %s\n  WITH replication = %s AND durable_writes = true"
            .formatted(keyspace, replication.cql()));
    tables.forEach(table -> all.add(table.statement(keyspace)));
    all.add(
        "INSERT INTO %s.%s (id, version) VALUES ('%s', %d)"
            .formatted(keyspace, INFO, ONLY_ROW, VERSION));
    return all;
  }

  /// Makes what is missing, by one process at a time; safe to repeat. Of what is there nothing is
  /// changed, but columns that are missing are added.
  ///
  /// @throws HoldfastException `config_invalid` when what is there is of another form or of a newer
  ///   version; `storage_failed` when Cassandra refuses
  public void create(CqlSession session, Replication replication) {
    refuse(problems(session).stream().filter(problem -> !problem.missing()).toList());
    // The driver would wait a second after each change for more of them.
    session.setSchemaMetadataEnabled(false);
    try {
      List<String> all = new ArrayList<>(statements(replication));
      all.addAll(all.size() - 1, additions(session));
      // Of two nodes that have not heard of each other's change one would undo the other's.
      Node one = anyNode(session);
      for (String change : all.subList(0, all.size() - 1)) {
        session.execute(
            SimpleStatement.newInstance(change).setTimeout(CHANGE_TIMEOUT).setNode(one));
      }
      awaitAgreement(session);
      session.execute(
          SimpleStatement.newInstance(all.getLast())
              .setTimeout(CHANGE_TIMEOUT)
              // The nodes of all regions look for the version, each in its own data center.
              .setConsistencyLevel(DefaultConsistencyLevel.EACH_QUORUM));
    } catch (DriverException e) {
      throw failed("could not create the schema: " + e.getMessage(), e);
    } finally {
      session.setSchemaMetadataEnabled(null);
    }
    check(session);
  }

  /** What tables that are there already have not. */
  private List<String> additions(CqlSession session) {
    return session.getMetadata().getKeyspace(CqlIdentifier.fromInternal(keyspace)).stream()
        .flatMap(found ->
            tables.stream()
                .flatMap(table ->
                    found.getTable(CqlIdentifier.fromInternal(table.name())).stream()
                        .flatMap(there -> table.additions(keyspace, there).stream())))
        .toList();
  }

  private static Node anyNode(CqlSession session) {
    return session.getMetadata().getNodes().values().stream()
        .filter(node -> node.getState() == NodeState.UP)
        .filter(node -> node.getDistance() == NodeDistance.LOCAL)
        .findFirst()
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.STORAGE_FAILED,
                "Cassandra: expected a node of the own data center, found none"));
  }

  /** The next statement may be asked of another node, and its rows stored on any. */
  private static void awaitAgreement(CqlSession session) {
    long deadline = System.nanoTime() + CHANGE_TIMEOUT.toNanos();
    while (schemas(session).size() != 1) {
      if (System.nanoTime() > deadline) {
        throw new HoldfastException(
            ErrorCode.STORAGE_FAILED,
            "Cassandra: its nodes do not agree about the schema; are some of them away? Repeat it when they are back");
      }
      LockSupport.parkNanos(AGREEMENT_PAUSE.toNanos());
    }
  }

  /**
   * As each node of this data center says of itself, for one that has not heard of the change sees
   * all agree; and of the others, which cannot be asked, as each of these has heard.
   */
  private static Set<UUID> schemas(CqlSession session) {
    Map<UUID, Node> nodes = session.getMetadata().getNodes();
    Set<UUID> schemas = new HashSet<>();
    for (Node node : nodes.values()) {
      try {
        schemas.add(ask(session, node, OWN_SCHEMA).one().getUuid("schema_version"));
        for (Row peer : ask(session, node, OTHER_SCHEMAS)) {
          Node its = nodes.get(peer.getUuid("host_id"));
          UUID schema = peer.getUuid("schema_version");
          // One that left may have a row without.
          if (schema != null && (its == null || its.getState() != NodeState.DOWN)) {
            schemas.add(schema);
          }
        }
      } catch (AllNodesFailedException | DriverTimeoutException e) {
        log.debug("{} does not tell its schema", node, e);
      }
    }
    return schemas;
  }

  private static ResultSet ask(CqlSession session, Node node, String query) {
    return session.execute(SimpleStatement.newInstance(query).setNode(node));
  }

  /// Compares what is there with what this build needs.
  ///
  /// @throws HoldfastException `config_invalid` with all that is missing or different;
  ///   `storage_failed` when Cassandra does not answer
  public void check(CqlSession session) {
    refuse(problems(session));
  }

  /// Whether a data center of Cassandra has copies of the rows, as far as the session knows; not
  /// when there is no such keyspace. Does not ask.
  public boolean hasCopiesIn(CqlSession session, String datacenter) {
    return session
        .getMetadata()
        .getKeyspace(CqlIdentifier.fromInternal(keyspace))
        .map(KeyspaceMetadata::getReplication)
        // Other strategies know no data centers: the copies may be anywhere.
        .filter(replication ->
            replication.containsKey(datacenter)
                || !replication.getOrDefault("class", "").endsWith("NetworkTopologyStrategy"))
        .isPresent();
  }

  /**
   * @param missing whether {@link #create} would help
   */
  private record Problem(String text, boolean missing) {}

  private void refuse(List<Problem> problems) {
    if (problems.isEmpty()) {
      return;
    }
    String advice =
        problems.stream().allMatch(Problem::missing)
            ? "; `%s` makes what is missing".formatted(creating)
            : "";
    throw new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "the schema of Cassandra does not fit: "
            + String.join("; ", problems.stream().map(Problem::text).toList())
            + advice);
  }

  private List<Problem> problems(CqlSession session) {
    Optional<KeyspaceMetadata> found;
    try {
      found = session.refreshSchema().getKeyspace(CqlIdentifier.fromInternal(keyspace));
    } catch (DriverException e) {
      throw failed("could not read the schema: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      return List.of(new Problem("there is no keyspace " + keyspace, true));
    }
    List<Problem> problems = new ArrayList<>();
    for (TableDefinition table : tables) {
      Optional<TableMetadata> there =
          found.get().getTable(CqlIdentifier.fromInternal(table.name()));
      if (there.isEmpty()) {
        problems.add(
            new Problem("there is no table %s.%s".formatted(keyspace, table.name()), true));
      } else {
        table
            .missing(there.get())
            .forEach(column ->
                problems.add(
                    new Problem(
                        "table %s has no column %s".formatted(table.name(), column), true)));
        table.differences(there.get()).forEach(each -> problems.add(new Problem(each, false)));
      }
    }
    if (problems.isEmpty()) {
      version(session).ifPresent(problems::add);
    }
    return problems;
  }

  private Optional<Problem> version(CqlSession session) {
    Row row;
    try {
      row =
          session
              .execute(
                  SimpleStatement.newInstance(
                      "SELECT version FROM %s.%s WHERE id = '%s'"
                          .formatted(keyspace, INFO, ONLY_ROW)))
              .one();
    } catch (DriverException e) {
      throw failed("could not read the version of the schema: " + e.getMessage(), e);
    }
    int version = row == null ? 0 : row.getInt("version");
    if (version == VERSION) {
      return Optional.empty();
    }
    return Optional.of(
        new Problem(
            "expected version %d, found %d%s"
                .formatted(
                    VERSION, version, version > VERSION ? ", which a newer build has made" : ""),
            version < VERSION));
  }

  private static HoldfastException failed(String message, DriverException cause) {
    return new HoldfastException(ErrorCode.STORAGE_FAILED, "Cassandra: " + message, cause);
  }
}
