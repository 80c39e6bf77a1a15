package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;

/// The alarm as it is stored.
///
/// @param timeMillis when it is due, in epoch milliseconds
/// @param generation counts how often an alarm was set, so that the same time set twice is two
///   alarms
public record StoredAlarm(long timeMillis, long generation) {
  byte[] toBytes() {
    return ByteBuffer.allocate(16).putLong(timeMillis).putLong(generation).array();
  }

  static StoredAlarm fromBytes(byte[] bytes) {
    if (bytes.length != 16) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected a stored alarm of 16 bytes, found " + bytes.length + " bytes");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new StoredAlarm(buffer.getLong(), buffer.getLong());
  }
}
