package io.holdfast.persistence.database;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/// What the runtime keeps in the database, as far as it is remembered: the alarm, the wake and the
/// stamps.
final class RuntimeRows {
  /// No key of the runtime begins with a colon.
  private static final String ALARM = ":alarm";

  /// In [RuntimeTable#OUTBOX], with which it outlives a wipe.
  private static final String WAKE = "wake";

  private final Map<String, byte[]> stamps = new HashMap<>();
  private boolean stamped;
  private boolean alarmKnown;
  private Optional<StoredAlarm> alarm = Optional.empty();
  private boolean wakeKnown;
  private OptionalLong wake = OptionalLong.empty();

  /// @param stored reads metadata
  Optional<StoredAlarm> alarm(Function<String, Optional<byte[]>> stored) {
    if (!alarmKnown) {
      alarm = stored.apply(ALARM).map(StoredAlarm::fromBytes);
      alarmKnown = true;
    }
    return alarm;
  }

  void write(Optional<StoredAlarm> next, SqliteHandle handle) {
    next.ifPresentOrElse(
        set -> handle.metadata.put(ALARM, set.toBytes()), () -> handle.metadata.delete(ALARM));
    alarm = next;
    alarmKnown = true;
  }

  /// @param stored reads rows of the outbox
  OptionalLong wake(Function<String, Optional<byte[]>> stored) {
    if (!wakeKnown) {
      Optional<byte[]> row = stored.apply(WAKE);
      wake =
          row.isPresent()
              ? OptionalLong.of(ByteBuffer.wrap(row.get()).getLong())
              : OptionalLong.empty();
      wakeKnown = true;
    }
    return wake;
  }

  void writeWake(OptionalLong next, HiddenTable outbox) {
    if (next.isPresent()) {
      outbox.put(WAKE, ByteBuffer.allocate(Long.BYTES).putLong(next.getAsLong()).array());
    } else {
      outbox.delete(WAKE);
    }
    wake = next;
    wakeKnown = true;
  }

  void stamp(String key, byte[] value) {
    stamps.put(key, value);
    stamped = false;
  }

  /// Writes the stamps that are not there.
  void writeStamps(SqliteHandle handle) {
    if (stamped) {
      return;
    }
    stamps.forEach((key, value) -> {
      if (!Arrays.equals(handle.metadata.get(key), value)) {
        handle.metadata.put(key, value);
      }
    });
    stamped = true;
  }

  /// A rollback or a wipe may have changed all.
  void forget() {
    stamped = false;
    alarmKnown = false;
    wakeKnown = false;
  }
}
