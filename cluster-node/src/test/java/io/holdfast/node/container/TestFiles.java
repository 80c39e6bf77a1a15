package io.holdfast.node.container;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.node.files.FileKeeper;
import io.holdfast.node.files.FileMetrics;
import io.holdfast.node.files.FileSettings;
import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.archive.ArchiveReferences;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.blob.FileBlobStore;
import io.holdfast.protocol.ByJurisdiction;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;

/// The files that nodes of one test keep: on disk, the references in memory.
final class TestFiles implements ArchiveIndex, AutoCloseable {
  private final Map<String, byte[]> rows = new ConcurrentSkipListMap<>();
  private final Path directory;

  TestFiles() {
    try {
      directory = Files.createTempDirectory("holdfast-files");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A keeper as a node opens it.
  ///
  /// @param settings replace those of `reference.conf`: `files-max = 3`
  FileKeeper keeper(ContainerEngine engine, String settings, InstantSource clock) {
    FileSettings read =
        FileSettings.from(
            ConfigFactory.parseString(
                    "holdfast.containers.files { free-bytes-min = 0\n" + settings + "\n}")
                .withFallback(ConfigFactory.load()));
    return new FileKeeper(
        ByJurisdiction.together(
            new Archives(
                FileBlobStore.open(directory, 0),
                new ArchiveReferences(this, clock, read.retention()))),
        engine,
        read,
        new FileMetrics(new PrometheusRegistry()),
        clock);
  }

  /// How much is on disk.
  long bytes() {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<byte[]> get(String key) {
    return Optional.ofNullable(rows.get(key));
  }

  @Override
  public void put(String key, byte[] row) {
    rows.put(key, row);
  }

  @Override
  public void delete(String key, byte[] seen) {
    rows.computeIfPresent(key, (_, row) -> Arrays.equals(row, seen) ? null : row);
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> row) {
    rows.forEach((key, value) -> {
      if (key.startsWith(prefix)) {
        row.accept(key, value);
      }
    });
  }

  @Override
  public void close() {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
