package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.testcassandra.TestCassandra;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The schema in a real Cassandra.
class CassandraSchemaIT {
  private static final Replication ONE_COPY = Replication.parse("datacenter1=1");

  @TempDir static Path directory;
  private static TestCassandra cassandra;
  private static CqlSession session;

  private final CassandraSchema schema = new CassandraSchema("holdfast");

  @BeforeAll
  static void start() throws Exception {
    cassandra = TestCassandra.start(directory);
    session = CassandraSessions.open(List.of(cassandra.contactPoint()), cassandra.datacenter());
  }

  @AfterAll
  static void stop() {
    session.close();
    cassandra.close();
  }

  @BeforeEach
  void nothingIsThere() {
    session.execute("DROP KEYSPACE IF EXISTS holdfast");
  }

  private static void assertFault(ThrowingCallable task, ErrorCode code, String... parts) {
    assertThatThrownBy(task)
        .isInstanceOfSatisfying(HoldfastException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContainingAll(parts);
  }

  private void assertMissing(String problem) {
    assertFault(
        () -> schema.check(session),
        ErrorCode.CONFIG_INVALID,
        problem,
        "`holdfast schema create` makes");
  }

  @Test
  void isMadeOnceAndThenFits() {
    schema.create(session, ONE_COPY);
    session.execute("INSERT INTO holdfast.metadata (persistence_id, deleted_to) VALUES ('a', 7)");
    schema.create(session, ONE_COPY);

    schema.check(session);
    assertThat(session.execute("SELECT deleted_to FROM holdfast.metadata").one().getLong(0))
        .isEqualTo(7);
  }

  @Test
  void saysHowToMakeWhatIsMissing() {
    assertMissing("there is no keyspace holdfast");
    schema.create(session, ONE_COPY);
    session.execute("DROP TABLE holdfast.snapshots");
    assertMissing("there is no table holdfast.snapshots");

    schema.create(session, ONE_COPY);
    schema.check(session);
  }

  @Test
  void changesNothingThatIsOfAnotherForm() {
    session.execute("CREATE KEYSPACE holdfast WITH replication = " + ONE_COPY.cql());
    session.execute(
        "CREATE TABLE holdfast.metadata (persistence_id text PRIMARY KEY, deleted_to text)");
    assertFault(
        () -> schema.create(session, ONE_COPY),
        ErrorCode.CONFIG_INVALID,
        "table metadata: expected column deleted_to of type bigint, found text");
    assertThat(session.refreshSchema().getKeyspace("holdfast").orElseThrow().getTables())
        .hasSize(1);
  }

  @Test
  void addsColumnsThatAnOlderBuildDidNotHave() {
    schema.create(session, ONE_COPY);
    session.execute("ALTER TABLE holdfast.messages DROP last_nr");
    session.execute("UPDATE holdfast.schema_info SET version = 6 WHERE id = 'holdfast'");
    assertMissing("table messages has no column last_nr");

    schema.create(session, ONE_COPY);

    schema.check(session);
  }

  @Test
  void tellsAColumnOfAPartitionFromOneOfARow() {
    schema.create(session, ONE_COPY);
    session.execute("DROP TABLE holdfast.messages");
    session.execute(
        """
        CREATE TABLE holdfast.messages (persistence_id text, partition_nr bigint, sequence_nr bigint,
          timestamp timeuuid, last_nr bigint,
          PRIMARY KEY ((persistence_id, partition_nr), sequence_nr, timestamp))
        """);
    assertFault(
        () -> schema.check(session),
        ErrorCode.CONFIG_INVALID,
        "table messages: expected column last_nr of type bigint static, found bigint");
  }

  @Test
  void refusesOtherKeys() {
    schema.create(session, ONE_COPY);
    session.execute("DROP TABLE holdfast.snapshots");
    session.execute(
        """
        CREATE TABLE holdfast.snapshots (persistence_id text, sequence_nr bigint, timestamp bigint, ser_id int,
          ser_manifest text, bytes int, data blob,
          PRIMARY KEY (persistence_id, sequence_nr))
        """);
    assertFault(
        () -> schema.check(session),
        ErrorCode.CONFIG_INVALID,
        "table snapshots: expected clustering {sequence_nr=DESC}, found {sequence_nr=ASC}");
  }

  @Test
  void leavesTheSchemaOfANewerBuildAlone() {
    schema.create(session, ONE_COPY);
    session.execute("UPDATE holdfast.schema_info SET version = 99 WHERE id = 'holdfast'");
    assertFault(
        () -> schema.create(session, ONE_COPY),
        ErrorCode.CONFIG_INVALID,
        "expected version 7, found 99, which a newer build has made");
  }

  @Test
  void saysWhatCassandraRefuses() {
    assertFault(
        () -> schema.create(session, Replication.parse("elsewhere=3")),
        ErrorCode.STORAGE_FAILED,
        "elsewhere");
  }

  @Test
  void saysWhoDoesNotAnswer() {
    assertFault(
        () -> CassandraSessions.open(List.of(new InetSocketAddress("127.0.0.1", 1)), "eu"),
        ErrorCode.STORAGE_FAILED,
        "expected an answer from one of [127.0.0.1:1], found none");
  }

  @Test
  void saysWhichDataCentersThereAre() {
    assertFault(
        () -> CassandraSessions.open(List.of(cassandra.contactPoint()), "eu"),
        ErrorCode.CONFIG_INVALID,
        "expected a data center 'eu', found [datacenter1]");
  }
}
