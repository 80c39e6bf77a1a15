package io.holdfast.cli;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Replication;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// `holdfast schema`.
@Command(
    name = "schema",
    description = "Makes and checks the tables of Holdfast in Cassandra, without a node.",
    mixinStandardHelpOptions = true,
    subcommands = {
      SchemaCommand.Create.class,
      SchemaCommand.Check.class,
      SchemaCommand.Print.class
    })
final class SchemaCommand {
  /** `host:port`. */
  static final class Address implements ITypeConverter<InetSocketAddress> {
    @Override
    public InetSocketAddress convert(String text) {
      int colon = text.lastIndexOf(':');
      String port = text.substring(colon + 1);
      if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
        throw new TypeConversionException(
            "expected host:port such as 10.0.0.1:9042, found '" + text + "'");
      }
      return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(port));
    }
  }

  /** Where the tables are. */
  static final class Place {
    @Option(
        names = "--keyspace",
        paramLabel = "NAME",
        defaultValue = "holdfast",
        description = "The keyspace of the cluster. Default: ${DEFAULT-VALUE}.")
    String keyspace = "";

    @Option(
        names = "--jurisdiction",
        paramLabel = "NAME",
        defaultValue = "",
        description =
            "The keyspace of objects under that jurisdiction instead, such as holdfast_eu for eu:"
                + " with copies only in data centers of regions that have it.")
    String jurisdiction = "";

    CassandraSchema schema() {
      return jurisdiction.isEmpty()
          ? new CassandraSchema(keyspace)
          : CassandraSchema.ofJurisdiction(keyspace, jurisdiction);
    }
  }

  /** How Cassandra is reached. */
  static final class Access {
    @Option(
        names = "--contact-point",
        paramLabel = "HOST:PORT",
        defaultValue = "127.0.0.1:9042",
        converter = Address.class,
        description =
            "A node of Cassandra; may be given more than once. Default: ${DEFAULT-VALUE}.")
    List<InetSocketAddress> contactPoints = List.of();

    @Option(
        names = "--datacenter",
        paramLabel = "NAME",
        defaultValue = "datacenter1",
        description = "Its data center, as `nodetool status` names it. Default: ${DEFAULT-VALUE}.")
    String datacenter = "";

    CqlSession open() {
      return CassandraSessions.open(contactPoints, datacenter);
    }
  }

  /** How many copies. */
  static final class Copies {
    @Option(
        names = "--replication",
        paramLabel = "DC=COPIES,…",
        required = true,
        description = "Copies of each row by data center, such as eu=3,us=3.")
    String replication = "";

    Replication parsed() {
      return Replication.parse(replication);
    }
  }

  /// `holdfast schema create`.
  @Command(
      name = "create",
      description = "Makes what is missing; changes nothing that is there. Run one at a time.",
      mixinStandardHelpOptions = true)
  static final class Create extends Step {
    @Mixin private final Place place = new Place();
    @Mixin private final Access access = new Access();
    @Mixin private final Copies copies = new Copies();

    @Override
    void run(PrintWriter out) {
      Replication replication = copies.parsed();
      CassandraSchema schema = place.schema();
      try (CqlSession session = access.open()) {
        schema.create(session, replication);
      }
      out.printf("keyspace %s has version %d%n", schema.keyspace(), CassandraSchema.VERSION);
    }
  }

  /// `holdfast schema check`.
  @Command(
      name = "check",
      description = "Says whether the tables are what this build needs.",
      mixinStandardHelpOptions = true)
  static final class Check extends Step {
    @Mixin private final Place place = new Place();
    @Mixin private final Access access = new Access();

    @Override
    void run(PrintWriter out) {
      CassandraSchema schema = place.schema();
      try (CqlSession session = access.open()) {
        schema.check(session);
      }
      out.printf("keyspace %s has version %d%n", schema.keyspace(), CassandraSchema.VERSION);
    }
  }

  /// `holdfast schema print`.
  @Command(
      name = "print",
      description = "Prints what `create` would run, for those who run it themselves.",
      mixinStandardHelpOptions = true)
  static final class Print extends Step {
    @Mixin private final Place place = new Place();
    @Mixin private final Copies copies = new Copies();

    @Override
    void run(PrintWriter out) {
      place.schema().statements(copies.parsed()).forEach(each -> out.println(each + ";\n"));
    }
  }
}
