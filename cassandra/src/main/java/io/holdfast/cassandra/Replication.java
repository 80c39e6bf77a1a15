package io.holdfast.cassandra;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// How many copies of each row are kept where.
///
/// @param copies by data center of Cassandra: at least one, 1 to 100 copies each
public record Replication(SortedMap<String, Integer> copies) {
  private static final Pattern DATACENTER = Pattern.compile("[A-Za-z0-9_.-]{1,100}");
  private static final int COPIES_MAX = 100;

  /// @throws HoldfastException `config_invalid`
  public Replication {
    if (copies.isEmpty()) {
      throw invalid("at least one data center", "none");
    }
    for (Map.Entry<String, Integer> each : copies.entrySet()) {
      if (!DATACENTER.matcher(each.getKey()).matches()) {
        throw invalid(
            "data centers of 1 to 100 letters, digits, '.', '_', '-'", "'" + each.getKey() + "'");
      }
      if (each.getValue() < 1 || each.getValue() > COPIES_MAX) {
        throw invalid("1 to 100 copies in " + each.getKey(), each.getValue().toString());
      }
    }
    copies = new TreeMap<>(copies);
  }

  /// Reads `eu=3,us=3`.
  ///
  /// @throws HoldfastException `config_invalid`, with what was expected and found
  public static Replication parse(String text) {
    SortedMap<String, Integer> copies = new TreeMap<>();
    for (String part : text.split(",", -1)) {
      String[] both = part.strip().split("=", -1);
      if (both.length != 2 || !both[1].matches("\\d{1,3}")) {
        throw invalid("copies by data center such as eu=3,us=3", "'" + text + "'");
      }
      if (copies.put(both[0], Integer.valueOf(both[1])) != null) {
        throw invalid("each data center once", "'" + both[0] + "' twice");
      }
    }
    return new Replication(copies);
  }

  String cql() {
    return copies.entrySet().stream()
        .map(each -> "'%s': %d".formatted(each.getKey(), each.getValue()))
        .collect(Collectors.joining(", ", "{'class': 'NetworkTopologyStrategy', ", "}"));
  }

  private static HoldfastException invalid(String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, "replication: expected " + expected + ", found " + found);
  }
}
