package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Small rows of the node itself, apart from its objects: by name of the table, then by key.
///
/// Writes become durable in the order in which they were asked for, in the groups of the journal: a
/// write beside others costs no sync of its own. Thread-safe.
public final class NodeTable {
  private static final int ROW_BYTES_MAX = 64 << 10;

  private final NodeRows rows;

  /// A row.
  public record Row(String key, byte[] value) {}

  NodeTable(EmbeddedStore store, String name) {
    this.rows = new NodeRows(store, name);
  }

  /// Stores a row in the place of the one of that key; does not wait.
  ///
  /// @param value with its key at most 64 KiB
  /// @return completes when it is durable, or fails with a [HoldfastException] as the store does
  public CompletableFuture<Void> put(String key, byte[] value) {
    byte[] name = key.getBytes(UTF_8);
    int bytes = name.length + value.length;
    if (bytes > ROW_BYTES_MAX) {
      return CompletableFuture.failedFuture(
          new HoldfastException(
              ErrorCode.INVALID_ARGUMENT,
              "expected a row of at most " + ROW_BYTES_MAX + " bytes, found " + bytes));
    }
    return rows.write(List.of(new MeterTable.Row(name, value)), List.of());
  }

  /// Deletes a row, if it is there; does not wait. The future as with [#put].
  public CompletableFuture<Void> delete(String key) {
    return rows.write(List.of(), List.of(key.getBytes(UTF_8)));
  }

  /// All rows in the order of their keys' bytes, as they are durable; blocks on the disk.
  ///
  /// @throws HoldfastException when the store is at fault or closed
  public List<Row> rows() {
    List<Row> all = new ArrayList<>();
    rows.forEach(
        TextKeys.from(""),
        TextKeys.behind(""),
        (key, value) -> all.add(new Row(new String(key, UTF_8), value)));
    return all;
  }
}
