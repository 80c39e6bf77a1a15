package io.holdfast.cassandra.store;

import static io.holdfast.persistence.store.StoredFutures.joinAll;
import static io.holdfast.persistence.store.StoredFutures.joined;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * Nodes share the blobs, and each of them may sweep. So a blob says when it was last counted on, and stays for KEPT after
 * that; both who counts on it and who removes it change that by lightweight transaction, so one of them comes first. A use
 * that is younger than half of it needs no write: then half is left, and no archive takes so long, nor does any replica lag
 * so far behind.
 *
 * Two nodes that put the same blob at one time write a copy each. A copy that was broken off has no parts as far as its row
 * tells; it is removed like one that nobody needs.
 */
/// Blobs in tables that all nodes share. Thread-safe.
final class CassandraBlobs implements BlobStore {
  /// How long a blob stays after it was counted on.
  static final Duration KEPT = Duration.ofDays(1);

  private static final int PART_BYTES = 1 << 20;
  private static final int UNFINISHED = 0;

  /** The copy of another region may be behind. */
  private static final Duration LAG_MAX = Duration.ofSeconds(2);

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final Cql cql;
  private final InstantSource clock;
  private final PreparedStatement insert;
  private final PreparedStatement insertPart;
  private final PreparedStatement read;
  private final PreparedStatement readPart;
  private final PreparedStatement use;
  private final PreparedStatement delete;
  private final PreparedStatement deleteParts;
  private final PreparedStatement all;

  CassandraBlobs(Cql cql, InstantSource clock) {
    this.cql = cql;
    this.clock = clock;
    this.insert =
        cql.prepare("INSERT INTO %s.archive_blobs (id, made, parts, used) VALUES (?, ?, ?, ?)");
    this.insertPart =
        cql.prepare("INSERT INTO %s.archive_parts (id, made, part, data) VALUES (?, ?, ?, ?)");
    this.read = cql.prepare("SELECT made, parts, used FROM %s.archive_blobs WHERE id = ?");
    this.readPart =
        cql.prepare("SELECT data FROM %s.archive_parts WHERE id = ? AND made = ? AND part = ?");
    this.use =
        cql.prepare("UPDATE %s.archive_blobs SET used = ? WHERE id = ? AND made = ? IF used = ?");
    this.delete = cql.prepare("DELETE FROM %s.archive_blobs WHERE id = ? AND made = ? IF used = ?");
    this.deleteParts = cql.prepare("DELETE FROM %s.archive_parts WHERE id = ? AND made = ?");
    this.all = cql.prepare("SELECT DISTINCT id FROM %s.archive_blobs");
  }

  @Override
  public boolean isShared() {
    return true;
  }

  /**
   * One writing of a blob.
   *
   * @param used in epoch milliseconds
   */
  private record Copy(BlobId id, UUID made, int parts, long used) {
    boolean isWhole() {
      return parts != UNFINISHED;
    }
  }

  private List<Copy> copies(BlobId id) {
    List<Copy> copies = new ArrayList<>();
    for (Row row : cql.execute(read.bind(id.hex()))) {
      copies.add(copy(id, row));
    }
    return copies;
  }

  private static Copy copy(BlobId id, Row row) {
    UUID made = row.getUuid("made");
    if (made == null) {
      throw new IllegalStateException("a column of the key is never null");
    }
    return new Copy(id, made, row.getInt("parts"), row.getLong("used"));
  }

  // ---- writing
  // ------------------------------------------------------------------------------------------------

  @Override
  public void put(BlobId id, byte[] bytes) {
    BlobStore.check(bytes);
    if (contains(id)) {
      return;
    }
    UUID made = Uuids.timeBased();
    int parts = Math.max(1, (bytes.length + PART_BYTES - 1) / PART_BYTES);
    cql.execute(insert.bind(id.hex(), made, UNFINISHED, clock.millis()));
    joinAll(
        IntStream.range(0, parts)
            .mapToObj(part ->
                cql.executeAsync(insertPart.bind(id.hex(), made, part, part(bytes, part)))));
    cql.execute(insert.bind(id.hex(), made, parts, clock.millis()));
  }

  private static ByteBuffer part(byte[] bytes, int part) {
    int from = part * PART_BYTES;
    return ByteBuffer.wrap(bytes, from, Math.min(PART_BYTES, bytes.length - from));
  }

  /// What was put is durable.
  @Override
  public void sync() {}

  // ---- counting on it
  // -----------------------------------------------------------------------------------------

  @Override
  public boolean contains(BlobId id) {
    for (Copy copy : copies(id)) {
      if (copy.isWhole() && stays(copy)) {
        return true;
      }
    }
    return false;
  }

  private boolean stays(Copy copy) {
    long now = clock.millis();
    return copy.used() > now - KEPT.dividedBy(2).toMillis()
        || applied(use.bind(now, copy.id().hex(), copy.made(), copy.used()))
        || contains(copy.id()); // Another one has used it, or it is removed.
  }

  private boolean applied(BoundStatement change) {
    return joined(cql.changeAsync(change)).wasApplied();
  }

  // ---- reading
  // ------------------------------------------------------------------------------------------------

  @Override
  public Optional<byte[]> get(BlobId id) {
    long end = System.nanoTime() + LAG_MAX.toNanos();
    while (true) {
      for (Copy copy : copies(id)) {
        byte[] bytes = copy.isWhole() ? bytes(copy) : null;
        if (bytes != null) {
          return Optional.of(bytes);
        }
      }
      if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
        return Optional.empty();
      }
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
  }

  /** Null when a part is missing. */
  private byte @Nullable [] bytes(Copy copy) {
    List<CompletableFuture<@Nullable ByteBuffer>> parts =
        IntStream.range(0, copy.parts()).mapToObj(part -> part(copy, part)).toList();
    joinAll(parts.stream());
    int length = 0;
    for (CompletableFuture<@Nullable ByteBuffer> part : parts) {
      ByteBuffer data = part.join();
      if (data == null) {
        return null;
      }
      length += data.remaining();
    }
    ByteBuffer whole = ByteBuffer.allocate(length);
    parts.forEach(part -> whole.put(part.join()));
    return whole.array();
  }

  private CompletableFuture<@Nullable ByteBuffer> part(Copy copy, int part) {
    return cql.executeAsync(readPart.bind(copy.id().hex(), copy.made(), part))
        .thenApply(rows -> {
          Row row = rows.one();
          return row == null ? null : row.getByteBuffer("data");
        });
  }

  // ---- removing
  // -----------------------------------------------------------------------------------------------

  @Override
  public boolean delete(BlobId id) {
    long usedBefore = clock.millis() - KEPT.toMillis();
    boolean gone = true;
    for (Copy copy : copies(id)) {
      if (copy.used() < usedBefore && applied(delete.bind(id.hex(), copy.made(), copy.used()))) {
        cql.execute(deleteParts.bind(id.hex(), copy.made()));
      } else {
        gone = false;
      }
    }
    return gone;
  }

  @Override
  public void forEach(Consumer<BlobId> blob) {
    for (Row row : cql.execute(all.bind())) {
      blob.accept(BlobId.parse(String.valueOf(row.getString(0))));
    }
  }
}
