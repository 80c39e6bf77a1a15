package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class SchemaCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int schema(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "schema";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return HoldfastCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  @Test
  void printsWhatItWouldRun() {
    assertThat(schema("print", "--replication", "eu=3,us=2", "--keyspace", "boxes")).isZero();
    assertThat(out.toString())
        .startsWith(
            "CREATE KEYSPACE IF NOT EXISTS boxes\n"
                + "  WITH replication = {'class': 'NetworkTopologyStrategy', 'eu': 3, 'us': 2} AND durable_writes = true;")
        .contains("CREATE TABLE IF NOT EXISTS boxes.messages (")
        .contains("PRIMARY KEY ((persistence_id, partition_nr), sequence_nr, timestamp)")
        .endsWith("VALUES ('holdfast', 7);\n\n");
  }

  @Test
  void ofAJurisdictionPrintsTheTablesOfObjectsOnly() {
    assertThat(schema("print", "--replication", "eu=3", "--jurisdiction", "fedramp-high")).isZero();
    assertThat(out.toString())
        .startsWith("CREATE KEYSPACE IF NOT EXISTS holdfast_fedramp_high\n")
        .contains("CREATE TABLE IF NOT EXISTS holdfast_fedramp_high.messages (")
        .doesNotContain("leases")
        .endsWith("VALUES ('holdfast', 7);\n\n");
    assertThat(schema("print", "--replication", "eu=3", "--jurisdiction", "mars")).isEqualTo(1);
    assertThat(err.toString())
        .contains("expected a jurisdiction of eu, us, fedramp, fedramp-high, found 'mars'");
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThat(schema("create")).isEqualTo(2);
    assertThat(err.toString()).contains("--replication");
    assertThat(schema("create", "--replication", "eu")).isEqualTo(1);
    assertThat(err.toString())
        .contains("expected copies by data center such as eu=3,us=3, found 'eu'");
    assertThat(schema("check", "--contact-point", "localhost")).isEqualTo(2);
    assertThat(err.toString()).contains("expected host:port such as 10.0.0.1:9042");
    assertThat(schema("check", "--keyspace", "Boxes;")).isEqualTo(1);
    assertThat(err.toString()).contains("found 'Boxes;'");
  }

  @Test
  void saysWhoDoesNotAnswer() {
    assertThat(schema("check", "--contact-point", "127.0.0.1:1")).isEqualTo(1);
    assertThat(err.toString())
        .contains("expected an answer from one of")
        .contains("127.0.0.1:1")
        .doesNotContain("\tat ");
  }
}
