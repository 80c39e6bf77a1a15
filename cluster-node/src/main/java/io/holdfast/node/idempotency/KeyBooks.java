package io.holdfast.node.idempotency;

import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;

/*
 * The keys of one object, as rows of RuntimeTable.IDEMPOTENCY:
 *
 *   k:<key>                    the KeyRecord
 *   t:<began, 16 hex>:<key>    finds the oldest
 *   n                          how many there are
 *
 * All calls belong to the transaction that is open. Nothing is remembered outside of it, so a rollback undoes all of this
 * with what the call wrote.
 */
public final class KeyBooks {
  private static final RuntimeTable TABLE = RuntimeTable.IDEMPOTENCY;
  private static final String COUNT = "n";
  private static final String BY_KEY = "k:";
  private static final String BY_TIME = "t:";
  private static final String BY_TIME_END = "t;";
  private static final byte[] NO_VALUE = {};

  /// How many old keys each new one takes away: more than one, so that the oldest go in the end.
  private static final int SWEPT_PER_KEY = 4;

  private final IdempotencySettings settings;
  private final InstantSource clock;

  public KeyBooks(IdempotencySettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /// What is known of a key; nothing once its time is over.
  public Optional<KeyRecord> find(ObjectDatabase database, IdempotencyKey key) {
    return stored(database, key).filter(record -> !isOver(record.beganMillis()));
  }

  private static Optional<KeyRecord> stored(ObjectDatabase database, IdempotencyKey key) {
    return database.row(TABLE, BY_KEY + key.value()).map(KeyRecord::fromBytes);
  }

  private boolean isOver(long beganMillis) {
    return beganMillis + settings.retention().toMillis() <= clock.millis();
  }

  /// Makes room for one more key when there is none, by taking away those whose time is over.
  ///
  /// @throws HoldfastException `object_overloaded` when the object remembers as many as it may
  public void makeRoom(ObjectDatabase database) {
    while (count(database) >= settings.keysMax() && sweepOldest(database)) {
      // One less.
    }
    long count = count(database);
    if (count >= settings.keysMax()) {
      throw new ObjectCallException(
          ErrorCode.OBJECT_OVERLOADED,
          "Error",
          "expected at most "
              + settings.keysMax()
              + " idempotency keys in one object, found "
              + count
              + "; each is kept for "
              + settings.retention());
    }
  }

  /// Whether the oldest key was taken away because its time is over.
  private boolean sweepOldest(ObjectDatabase database) {
    KeyRange oldest =
        new KeyRange(
            BY_TIME, Optional.of(BY_TIME_END), KeyRange.Order.ASCENDING, OptionalInt.of(1));
    for (String row : database.rows(TABLE, oldest).sequencedKeySet()) {
      int keyStart = BY_TIME.length() + 17;
      long beganMillis = Long.parseLong(row, BY_TIME.length(), keyStart - 1, 16);
      if (isOver(beganMillis)) {
        remove(database, new IdempotencyKey(row.substring(keyStart)), beganMillis);
        return true;
      }
    }
    return false;
  }

  private void remove(ObjectDatabase database, IdempotencyKey key, long beganMillis) {
    database.deleteRow(TABLE, byTime(key, beganMillis));
    database.deleteRow(TABLE, BY_KEY + key.value());
    count(database, count(database) - 1);
  }

  /// Stores the record of a key in place of an earlier one.
  ///
  /// @param beganMillis that of the record
  /// @param record a [KeyRecord] as bytes
  public void put(ObjectDatabase database, IdempotencyKey key, long beganMillis, byte[] record) {
    Optional<KeyRecord> before = stored(database, key);
    if (before.isPresent() && before.get().beganMillis() != beganMillis) {
      remove(database, key, before.get().beganMillis());
      before = Optional.empty();
    }
    if (before.isEmpty()) {
      for (int i = 0; i < SWEPT_PER_KEY && sweepOldest(database); i++) {
        // One less.
      }
      database.putRow(TABLE, byTime(key, beganMillis), NO_VALUE);
      count(database, count(database) + 1);
    }
    database.putRow(TABLE, BY_KEY + key.value(), record);
  }

  /// How many keys the object remembers, with those whose time is over and that were not taken away
  /// yet.
  public long count(ObjectDatabase database) {
    return database.row(TABLE, COUNT).map(row -> ByteBuffer.wrap(row).getLong()).orElse(0L);
  }

  private static void count(ObjectDatabase database, long count) {
    if (count == 0) {
      database.deleteRow(TABLE, COUNT);
    } else {
      database.putRow(TABLE, COUNT, ByteBuffer.allocate(Long.BYTES).putLong(count).array());
    }
  }

  private static String byTime(IdempotencyKey key, long beganMillis) {
    return BY_TIME + "%016x".formatted(beganMillis) + ":" + key.value();
  }
}
