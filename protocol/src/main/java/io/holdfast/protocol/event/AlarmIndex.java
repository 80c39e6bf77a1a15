package io.holdfast.protocol.event;

import java.util.List;
import java.util.OptionalLong;

/// All alarms that stored events have set, ordered by time.
///
/// Only durable events count. Reads may block on the disk for a moment: call them on a virtual
/// thread. All methods are thread-safe.
public interface AlarmIndex {
  /// The alarms whose time is `millis` or earlier, earliest first, at most `max` of them.
  List<DueAlarm> dueBy(long millis, int max);

  /// The time of the next alarm, in milliseconds since the epoch; empty when none is set.
  OptionalLong earliest();

  /// Calls the listener each time an alarm was set or moved, after that is durable. Close the
  /// subscription to end it.
  Subscription onSet(Listener listener);

  /// One alarm and the object that it wakes.
  record DueAlarm(String objectKey, long atMillis) {}

  /// Hears of alarms on the thread that writes the journal: it must return at once and never block.
  @FunctionalInterface
  interface Listener {
    void alarmSet(String objectKey, long atMillis);
  }

  /// Ends the calls of one listener. Safe to repeat.
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
