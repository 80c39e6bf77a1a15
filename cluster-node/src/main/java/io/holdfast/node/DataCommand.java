package io.holdfast.node;

import com.typesafe.config.Config;
import io.holdfast.cassandra.store.CassandraContent;
import io.holdfast.node.cluster.ClusterConfig;
import io.holdfast.node.files.FileSettings;
import io.holdfast.persistence.blob.FileBlobStore;
import io.holdfast.persistence.copy.StoreContent;
import io.holdfast.persistence.copy.StoreCopy;
import io.holdfast.persistence.embedded.DataDirectory;
import io.holdfast.persistence.embedded.EmbeddedConfig;
import io.holdfast.persistence.embedded.EmbeddedStore;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// `holdfast data`: copies what a stopped node, or all stopped nodes of a cluster, have stored to a
/// file, or a file to where they will look for it. The settings are those of the node.
///
/// @param verb what to do
/// @param file the copy
/// @param law only objects under that jurisdiction, which is kept apart
/// @param config of a node that uses the store
record DataCommand(Verb verb, Path file, Optional<Jurisdiction> law, Config config) {
  static final String NAME = "data";

  static final String HELP =
      """
      holdfast data export|import FILE [--jurisdiction NAME] [--config FILE] [--set KEY=VALUE]...

        export FILE        writes all objects of a store to a new file: of the data directory of a node, or with
                           holdfast.store=cassandra of a cluster; no node may run meanwhile
        import FILE        stores them; the store has to be empty, or to have the beginning of the same file
        --jurisdiction eu  the objects under that jurisdiction, which a cluster keeps apart from the rest, instead of
                           the rest
      """;

  private static final String JURISDICTION = "--jurisdiction";

  /** More than a node lets pass between two signs of life. */
  private static final int SIGNS_MISSED = 2;

  enum Verb {
    EXPORT,
    IMPORT
  }

  /// Reads the command line.
  ///
  /// @param arguments those after `data`
  /// @throws HoldfastException `config_invalid`
  static DataCommand parse(String... arguments) {
    if (arguments.length < 2 || arguments[1].startsWith("-")) {
      throw invalid(String.join(" ", arguments));
    }
    Verb verb =
        switch (arguments[0]) {
          case "export" -> Verb.EXPORT;
          case "import" -> Verb.IMPORT;
          default -> throw invalid(String.join(" ", arguments));
        };
    Optional<Jurisdiction> law = Optional.empty();
    List<String> settings = new ArrayList<>(Arrays.asList(arguments).subList(2, arguments.length));
    int option = settings.indexOf(JURISDICTION);
    if (option >= 0) {
      if (option + 1 == settings.size()) {
        throw invalid(String.join(" ", arguments));
      }
      law = Optional.of(Jurisdiction.parse(settings.get(option + 1)));
      settings.subList(option, option + 2).clear();
    }
    Config config = NodeArguments.parse(settings.toArray(String[]::new)).config();
    return new DataCommand(verb, Path.of(arguments[1]), law, config);
  }

  private static HoldfastException invalid(String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "expected one of the following, found 'data %s'%n%s".formatted(found, HELP.strip()));
  }

  /// Blocks.
  ///
  /// @throws HoldfastException as [StoreCopy] does; `wrong_state` when a node of the cluster runs
  void run(PrintStream out) {
    StoreCopy.Sum sum =
        switch (ClusterConfig.from(config).store()) {
          case EMBEDDED -> embedded();
          case CASSANDRA -> cassandra();
        };
    out.printf(
        "%d objects, %d events, %d pieces of files %s%n",
        sum.objects(), sum.events(), sum.blobs(), verb == Verb.EXPORT ? "exported" : "imported");
  }

  private StoreCopy.Sum embedded() {
    if (law.isPresent()) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          JURISDICTION
              + ": expected holdfast.store = cassandra, found a data directory, which has all in one place");
    }
    EmbeddedConfig settings = EmbeddedConfig.from(config);
    if (verb == Verb.EXPORT && !Files.exists(settings.directory())) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "expected a data directory at %s, found none".formatted(settings.directory()));
    }
    try (DataDirectory directory = DataDirectory.open(settings.directory());
        EmbeddedStore store = EmbeddedStore.open(directory, settings)) {
      return copy(
          new StoreContent(
              store.records(),
              store.archives(),
              FileBlobStore.open(directory.files(), FileSettings.from(config).freeBytesMin())));
    }
  }

  private StoreCopy.Sum cassandra() {
    try (CassandraContent content = new CassandraContent(config, law)) {
      requireNoNode(content);
      return copy(content.content());
    }
  }

  private StoreCopy.Sum copy(StoreContent content) {
    StoreCopy copy = new StoreCopy(file);
    return switch (verb) {
      case EXPORT -> copy.export(content);
      case IMPORT -> copy.importInto(content);
    };
  }

  /** A node that was killed leaves its session behind, without signs of life. */
  private void requireNoNode(CassandraContent content) {
    String before = content.signsOfLife();
    if (before.isEmpty()) {
      return;
    }
    Duration silentMax = ClusterConfig.from(config).silentMax();
    try {
      Thread.sleep(silentMax.multipliedBy(SIGNS_MISSED));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!content.signsOfLife().equals(before)) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected no node to run on this store, found signs of life");
    }
  }
}
