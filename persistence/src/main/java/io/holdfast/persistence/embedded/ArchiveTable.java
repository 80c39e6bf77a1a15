package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.store.StoredFutures;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/// The index of archives as rows of the node, text to bytes.
final class ArchiveTable implements ArchiveIndex {
  private final NodeRows rows;

  ArchiveTable(EmbeddedStore store) {
    this.rows = new NodeRows(store, "archives");
  }

  @Override
  public Optional<byte[]> get(String key) {
    return rows.get(key.getBytes(UTF_8));
  }

  @Override
  public void put(String key, byte[] row) {
    StoredFutures.joined(
        rows.write(List.of(new MeterTable.Row(key.getBytes(UTF_8), row)), List.of()));
  }

  @Override
  public void delete(String key, byte[] seen) {
    if (get(key).filter(row -> Arrays.equals(row, seen)).isPresent()) {
      StoredFutures.joined(rows.write(List.of(), List.of(key.getBytes(UTF_8))));
    }
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> row) {
    rows.forEach(
        TextKeys.from(prefix),
        TextKeys.behind(prefix),
        (key, value) -> row.accept(new String(key, UTF_8), value));
  }
}
