package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;

/// The index of archives as a table of its own, text to bytes.
final class ArchiveTable implements ArchiveIndex {
  private final EmbeddedStore store;

  ArchiveTable(EmbeddedStore store) {
    this.store = store;
  }

  @Override
  public Optional<byte[]> get(String key) {
    return store.readNow(
        tables -> Optional.ofNullable(tables.get(tables.archives(), key.getBytes(UTF_8))));
  }

  @Override
  public void put(String key, byte[] row) {
    byte[] name = key.getBytes(UTF_8);
    join(store.write(key, name.length + row.length, group -> group.putArchive(name, row)));
  }

  @Override
  public void delete(String key) {
    byte[] name = key.getBytes(UTF_8);
    join(store.write(key, name.length, group -> group.deleteArchive(name)));
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> row) {
    // No UTF-8 has this byte, so it sorts behind all keys that begin so.
    byte[] start = prefix.getBytes(UTF_8);
    byte[] end = Arrays.copyOf(start, start.length + 1);
    end[start.length] = (byte) 0xFF;
    long _ =
        store.readNow(tables ->
            tables.scan(
                tables.archives(),
                start,
                end,
                rows -> {
                  long count = 0;
                  for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                    row.accept(new String(rows.key(), UTF_8), rows.value());
                    count++;
                  }
                  return count;
                }));
  }

  private static void join(CompletableFuture<Void> write) {
    try {
      write.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HoldfastException known ? known : e;
    }
  }
}
