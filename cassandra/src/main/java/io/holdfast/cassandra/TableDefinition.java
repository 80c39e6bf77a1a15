package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.metadata.schema.ClusteringOrder;
import com.datastax.oss.driver.api.core.metadata.schema.ColumnMetadata;
import com.datastax.oss.driver.api.core.metadata.schema.TableMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// One table as this build wants it.
///
/// @param columns name to CQL type, such as `bigint` or `bigint static`
/// @param clustering name to order
/// @param options of `WITH`, joined by `AND`
record TableDefinition(
    String name,
    SequencedMap<String, String> columns,
    List<String> partitionKey,
    SequencedMap<String, ClusteringOrder> clustering,
    List<String> options) {

  /// The statement that creates it, unless there is one of that name.
  String statement(String keyspace) {
    String all =
        columns.entrySet().stream()
            .map(column -> "  " + column.getKey() + " " + column.getValue() + ",\n")
            .collect(Collectors.joining());
    String key = "(" + String.join(", ", partitionKey) + ")";
    for (String column : clustering.keySet()) {
      key += ", " + column;
    }
    List<String> with = new ArrayList<>();
    if (!clustering.isEmpty()) {
      with.add(
          clustering.entrySet().stream()
              .map(column -> column.getKey() + " " + column.getValue())
              .collect(Collectors.joining(", ", "CLUSTERING ORDER BY (", ")")));
    }
    with.addAll(options);
    return "CREATE TABLE IF NOT EXISTS %s.%s (\n%s  PRIMARY KEY (%s)\n)%s"
        .formatted(
            keyspace,
            name,
            all,
            key,
            with.isEmpty() ? "" : " WITH " + String.join("\n  AND ", with));
  }

  /// The statements that add the columns that a table of that name has not.
  List<String> additions(String keyspace, TableMetadata found) {
    return missing(found).stream()
        .map(column ->
            "ALTER TABLE %s.%s ADD IF NOT EXISTS %s %s"
                .formatted(keyspace, name, column, columns.get(column)))
        .toList();
  }

  /// The columns that a table has not.
  List<String> missing(TableMetadata found) {
    return columns.keySet().stream()
        .filter(column -> !found.getColumns().containsKey(CqlIdentifier.fromInternal(column)))
        .toList();
  }

  /// How what a table has differs from this; further columns are no harm.
  List<String> differences(TableMetadata found) {
    List<String> differences = new ArrayList<>();
    columns.forEach((column, type) -> {
      ColumnMetadata there = found.getColumns().get(CqlIdentifier.fromInternal(column));
      if (there == null) {
        return;
      }
      String has = there.getType().asCql(true, true) + (there.isStatic() ? " static" : "");
      if (!has.equals(type)) {
        differences.add(
            "table %s: expected column %s of type %s, found %s".formatted(name, column, type, has));
      }
    });
    List<String> partition = names(found.getPartitionKey());
    if (!partition.equals(partitionKey)) {
      differences.add(
          "table %s: expected partition key %s, found %s".formatted(name, partitionKey, partition));
    }
    SequencedMap<String, ClusteringOrder> order = new LinkedHashMap<>();
    for (Map.Entry<ColumnMetadata, ClusteringOrder> column :
        found.getClusteringColumns().entrySet()) {
      order.put(column.getKey().getName().asInternal(), column.getValue());
    }
    if (!List.copyOf(order.sequencedEntrySet())
        .equals(List.copyOf(clustering.sequencedEntrySet()))) {
      differences.add(
          "table %s: expected clustering %s, found %s".formatted(name, clustering, order));
    }
    return differences;
  }

  private static List<String> names(List<ColumnMetadata> columns) {
    return columns.stream().map(column -> column.getName().asInternal()).toList();
  }
}
