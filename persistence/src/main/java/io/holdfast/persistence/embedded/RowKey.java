package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;

/// The keys of events, snapshots and remembered numbers: length of the id (2 bytes), id (UTF-8),
/// sequence number (8 bytes, big-endian).
///
/// The length in front makes no id the prefix of another, so all rows of an id lie together,
/// ordered by number.
final class RowKey {
  private static final int ID_BYTES_MAX = 0xFFFF;

  private RowKey() {}

  static byte[] of(String persistenceId, long sequenceNr) {
    return buffer(persistenceId).putLong(sequenceNr).array();
  }

  /// The smallest key that lies behind the row of this number.
  static byte[] after(String persistenceId, long sequenceNr) {
    return sequenceNr == Long.MAX_VALUE
        ? buffer(persistenceId).putLong(Long.MIN_VALUE).array()
        : of(persistenceId, sequenceNr + 1);
  }

  static long sequenceNr(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
  }

  /// The id of a row.
  static String persistenceId(byte[] key) {
    return new String(key, Short.BYTES, key.length - Short.BYTES - Long.BYTES, UTF_8);
  }

  private static ByteBuffer buffer(String persistenceId) {
    byte[] id = persistenceId.getBytes(UTF_8);
    if (id.length > ID_BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "persistence id: expected at most " + ID_BYTES_MAX + " bytes, found " + id.length);
    }
    return ByteBuffer.allocate(Short.BYTES + id.length + Long.BYTES)
        .putShort((short) id.length)
        .put(id);
  }
}
