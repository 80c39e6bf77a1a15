package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.archive.ArchiveIndex;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The index of archives that all nodes share. Thread-safe.
///
/// All parts of a key but the last are a partition. A row is removed with the timestamp that it was
/// written with: so one that somebody writes meanwhile stays, without a transaction.
final class CassandraArchives implements ArchiveIndex {
  private final Cql cql;
  private final PreparedStatement read;
  private final PreparedStatement write;
  private final PreparedStatement delete;
  private final PreparedStatement ofOwner;
  private final PreparedStatement all;

  CassandraArchives(Cql cql) {
    this.cql = cql;
    this.read =
        cql.prepare(
            """
            SELECT data, WRITETIME(data) AS written FROM %s.archive_references
            WHERE owner = ? AND name = ?\
            """);
    this.write =
        cql.prepare("INSERT INTO %s.archive_references (owner, name, data) VALUES (?, ?, ?)");
    this.delete =
        cql.prepare(
            "DELETE FROM %s.archive_references USING TIMESTAMP ? WHERE owner = ? AND name = ?");
    this.ofOwner =
        cql.prepare("SELECT owner, name, data FROM %s.archive_references WHERE owner = ?");
    this.all = cql.prepare("SELECT owner, name, data FROM %s.archive_references");
  }

  private static String owner(String key) {
    return key.substring(0, key.lastIndexOf('/'));
  }

  private static String name(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  private @Nullable Row row(String key) {
    return cql.execute(read.bind(owner(key), name(key))).one();
  }

  private static byte[] data(Row row) {
    return Cql.bytes(row.getByteBuffer("data"));
  }

  @Override
  public Optional<byte[]> get(String key) {
    return Optional.ofNullable(row(key)).map(CassandraArchives::data);
  }

  @Override
  public void put(String key, byte[] row) {
    cql.execute(write.bind(owner(key), name(key), ByteBuffer.wrap(row)));
  }

  @Override
  public void delete(String key, byte[] seen) {
    Row row = row(key);
    if (row != null && Arrays.equals(data(row), seen)) {
      cql.execute(delete.bind(row.getLong("written"), owner(key), name(key)));
    }
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> row) {
    boolean isFirstPart = prefix.indexOf('/') == prefix.length() - 1;
    ResultSet rows = cql.execute(isFirstPart ? all.bind() : ofOwner.bind(owner(prefix)));
    for (Row each : rows) {
      String key = each.getString("owner") + "/" + each.getString("name");
      if (key.startsWith(prefix)) {
        row.accept(key, data(each));
      }
    }
  }
}
