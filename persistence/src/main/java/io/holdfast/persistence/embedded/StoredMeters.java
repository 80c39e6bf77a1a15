package io.holdfast.persistence.embedded;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// The rows of [MeterTable] in the embedded store.
final class StoredMeters implements MeterTable {
  private static final String ID = "holdfast-meters";

  private final EmbeddedStore store;

  StoredMeters(EmbeddedStore store) {
    this.store = store;
  }

  @Override
  public List<Row> rows(byte[] first, byte[] end) {
    return store.readNow(tables ->
        tables.scan(
            tables.meters(),
            first,
            end,
            rows -> {
              List<Row> found = new ArrayList<>();
              for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                found.add(new Row(rows.key(), rows.value()));
              }
              return found;
            }));
  }

  @Override
  public CompletableFuture<Void> write(Collection<Row> puts, Collection<byte[]> deletes) {
    int bytes = puts.stream().mapToInt(row -> row.key().length + row.value().length).sum();
    return store.write(
        ID,
        bytes,
        group -> {
          for (Row row : puts) {
            group.putMeter(row.key(), row.value());
          }
          for (byte[] key : deletes) {
            group.deleteMeter(key);
          }
        });
  }
}
