package io.holdfast.persistence.database;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;

/// What the runtime keeps in the database, as far as it is remembered: the alarm, the wakes and the
/// stamps.
final class RuntimeRows {
  /// No key of the runtime begins with a colon.
  private static final String ALARM = ":alarm";

  private final Map<String, byte[]> stamps = new HashMap<>();
  private boolean stamped;
  private boolean alarmKnown;
  private Optional<StoredAlarm> alarm = Optional.empty();

  /// Those that are known.
  private final Map<Wake, OptionalLong> wakes = new EnumMap<>(Wake.class);

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

  /// @param stored reads rows of a table
  OptionalLong wake(Wake why, BiFunction<RuntimeTable, String, Optional<byte[]>> stored) {
    return wakes.computeIfAbsent(
        why,
        _ -> {
          Optional<byte[]> row = stored.apply(why.table(), Wake.KEY);
          return row.isPresent()
              ? OptionalLong.of(ByteBuffer.wrap(row.get()).getLong())
              : OptionalLong.empty();
        });
  }

  void writeWake(Wake why, OptionalLong next, HiddenTable table) {
    if (next.isPresent()) {
      table.put(Wake.KEY, ByteBuffer.allocate(Long.BYTES).putLong(next.getAsLong()).array());
    } else {
      table.delete(Wake.KEY);
    }
    wakes.put(why, next);
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
    wakes.clear();
  }
}
