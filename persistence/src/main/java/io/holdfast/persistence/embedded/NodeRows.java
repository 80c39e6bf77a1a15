package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/// The rows of one name in the table that the node keeps for itself.
///
/// Writes become durable in the order in which they were asked for, in the groups of the journal: a
/// write beside others costs no sync of its own. Thread-safe.
final class NodeRows implements MeterTable {
  private static final int NAME_CHARACTERS_MAX = 256;

  private final EmbeddedStore store;
  private final String persistenceId;
  private final byte[] prefix;

  NodeRows(EmbeddedStore store, String name) {
    if (name.isEmpty() || name.length() > NAME_CHARACTERS_MAX) {
      throw new IllegalArgumentException(
          "expected a table name of 1 to 256 characters, found '%s'".formatted(name));
    }
    this.store = store;
    this.persistenceId = "node:" + name;
    byte[] bytes = name.getBytes(UTF_8);
    // The length in front makes no name the prefix of another.
    this.prefix =
        ByteBuffer.allocate(Short.BYTES + bytes.length)
            .putShort((short) bytes.length)
            .put(bytes)
            .array();
  }

  Optional<byte[]> get(byte[] key) {
    return store.readNow(tables -> Optional.ofNullable(tables.get(tables.node(), stored(key))));
  }

  @Override
  public List<Row> rows(byte[] first, byte[] end) {
    List<Row> found = new ArrayList<>();
    forEach(first, end, (key, value) -> found.add(new Row(key, value)));
    return found;
  }

  /// The rows from the first key up to, not including, the end key, as they are when the call
  /// begins. Blocks on the disk.
  void forEach(byte[] first, byte[] end, BiConsumer<byte[], byte[]> row) {
    long _ =
        store.readNow(tables ->
            tables.forEach(
                tables.node(),
                stored(first),
                stored(end),
                rows -> {
                  byte[] key = rows.key();
                  row.accept(Arrays.copyOfRange(key, prefix.length, key.length), rows.value());
                }));
  }

  @Override
  public CompletableFuture<Void> write(Collection<Row> puts, Collection<byte[]> deletes) {
    int bytes =
        puts.stream().mapToInt(row -> row.key().length + row.value().length).sum()
            + deletes.stream().mapToInt(key -> key.length).sum();
    return store.write(
        persistenceId,
        bytes,
        group -> {
          for (Row row : puts) {
            group.putNodeRow(stored(row.key()), row.value());
          }
          for (byte[] key : deletes) {
            group.deleteNodeRow(stored(key));
          }
        });
  }

  private byte[] stored(byte[] key) {
    return ByteBuffer.allocate(prefix.length + key.length).put(prefix).put(key).array();
  }
}
