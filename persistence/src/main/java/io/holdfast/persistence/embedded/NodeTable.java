package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.rocksdb.RocksIterator;

/// Small rows of the node itself, apart from its objects: by name of the table, then by key.
///
/// Writes become durable in the order in which they were asked for, in the groups of the journal: a
/// write beside others costs no sync of its own. Thread-safe.
public final class NodeTable {
  private static final int NAME_CHARACTERS_MAX = 256;
  private static final int ROW_BYTES_MAX = 64 << 10;

  private final EmbeddedStore store;
  private final String persistenceId;
  private final byte[] first;
  private final byte[] end;

  /// A row.
  public record Row(String key, byte[] value) {}

  NodeTable(EmbeddedStore store, String name) {
    if (name.isEmpty() || name.length() > NAME_CHARACTERS_MAX) {
      throw new IllegalArgumentException(
          "expected a table name of 1 to 256 characters, found '%s'".formatted(name));
    }
    this.store = store;
    this.persistenceId = "node:" + name;
    byte[] bytes = name.getBytes(UTF_8);
    this.first = prefix(bytes, (byte) 0);
    this.end = prefix(bytes, (byte) 1);
  }

  /** The length in front makes no name the prefix of another. */
  private static byte[] prefix(byte[] name, byte last) {
    return ByteBuffer.allocate(Short.BYTES + name.length + 1)
        .putShort((short) name.length)
        .put(name)
        .put(last)
        .array();
  }

  /// Stores a row in the place of the one of that key; does not wait.
  ///
  /// @param value with its key at most 64 KiB
  /// @return completes when it is durable, or fails with a [HoldfastException] as the store does
  public CompletableFuture<Void> put(String key, byte[] value) {
    byte[] row = row(key);
    int bytes = row.length + value.length;
    if (bytes > ROW_BYTES_MAX) {
      return CompletableFuture.failedFuture(
          new HoldfastException(
              ErrorCode.INVALID_ARGUMENT,
              "expected a row of at most " + ROW_BYTES_MAX + " bytes, found " + bytes));
    }
    return store.write(persistenceId, bytes, group -> group.putNodeRow(row, value));
  }

  /// Deletes a row, if it is there; does not wait. The future as with [#put].
  public CompletableFuture<Void> delete(String key) {
    byte[] row = row(key);
    return store.write(persistenceId, row.length, group -> group.deleteNodeRow(row));
  }

  /// All rows in the order of their keys' bytes, as they are durable; blocks on the disk.
  ///
  /// @throws HoldfastException when the store is at fault or closed
  public List<Row> rows() {
    return store.readNow(tables -> tables.scan(tables.node(), first, end, this::read));
  }

  private List<Row> read(RocksIterator rows) {
    List<Row> all = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid(); rows.next()) {
      byte[] row = rows.key();
      String key = new String(row, first.length, row.length - first.length, UTF_8);
      all.add(new Row(key, rows.value()));
    }
    return all;
  }

  private byte[] row(String key) {
    byte[] bytes = key.getBytes(UTF_8);
    return ByteBuffer.allocate(first.length + bytes.length).put(first).put(bytes).array();
  }
}
