package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.typesafe.config.ConfigFactory;
import io.holdfast.protocol.event.AlarmChange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/// What tests do with a raw store: append numbered events whose value repeats id and number, and
/// read them back.
final class Stores {
  private Stores() {}

  /// The settings of `reference.conf`, some of them replaced: `key = value` lines below the root of
  /// the store.
  static EmbeddedConfig config(String... settings) {
    String own = EmbeddedConfig.ROOT + " {\n" + String.join("\n", settings) + "\n}";
    return EmbeddedConfig.from(ConfigFactory.parseString(own).withFallback(ConfigFactory.load()));
  }

  static EmbeddedStore open(Path path, String... settings) {
    return EmbeddedStore.open(path, config(settings), CommitHook.NONE);
  }

  static CompletableFuture<Void> append(EmbeddedStore store, String id, long number) {
    return append(store, id, number, 0, null);
  }

  /// Appends an event whose value is padded by some bytes.
  static CompletableFuture<Void> append(
      EmbeddedStore store, String id, long number, int padding, @Nullable AlarmChange alarm) {
    byte[] key = RowKey.of(id, number);
    byte[] value = value(id, number, padding);
    return store.write(id, key.length + value.length, group -> group.putEvent(key, value, alarm));
  }

  /// The numbers of the stored events of an id; fails when a value is not the one that was written.
  static List<Long> numbers(EmbeddedStore store, String id) {
    return numbersLater(store, id).join();
  }

  static CompletableFuture<List<Long>> numbersLater(EmbeddedStore store, String id) {
    byte[] start = RowKey.of(id, 0);
    byte[] end = RowKey.after(id, Long.MAX_VALUE);
    return store.read(
        id, tables -> tables.scan(tables.events(), start, end, rows -> numbers(id, rows)));
  }

  private static List<Long> numbers(String id, RocksIterator rows) {
    List<Long> numbers = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid(); rows.next()) {
      long number = RowKey.sequenceNr(rows.key());
      if (!new String(rows.value(), UTF_8).startsWith(id + "#" + number + "#")) {
        throw new AssertionError("the value of " + id + " " + number + " is not what was written");
      }
      numbers.add(number);
    }
    return numbers;
  }

  private static byte[] value(String id, long number, int padding) {
    return (id + "#" + number + "#" + "x".repeat(padding)).getBytes(UTF_8);
  }

  /// The log that the store writes to now.
  static Path newestLog(Path path) {
    try (var files = Files.list(path)) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
