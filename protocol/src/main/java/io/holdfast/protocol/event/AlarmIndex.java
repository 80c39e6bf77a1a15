package io.holdfast.protocol.event;

import java.util.List;
import java.util.OptionalLong;

/// All alarms that stored events have set, ordered by time.
///
/// An alarm of a durable event is in it; one that no object has can be, after a crash: the object
/// is woken, and knows. Reads may block on the disk for a moment: call them on a virtual thread.
/// All methods are thread-safe.
public interface AlarmIndex {
  /// The alarms after a given one in the order of the index whose time is `millis` or earlier, at
  /// most `max` of them.
  ///
  /// The order is that of time, and of the key's bytes where the time is the same.
  List<DueAlarm> dueAfter(DueAlarm after, long millis, int max);

  /// The time of the next alarm that is later than `millis`, in milliseconds since the epoch; empty
  /// when there is none.
  OptionalLong earliestAfter(long millis);

  /// The time of the alarm of an object; empty when it has none.
  OptionalLong alarmOf(String objectKey);

  /// The alarms whose time is `millis` or earlier, earliest first, at most `max` of them.
  default List<DueAlarm> dueBy(long millis, int max) {
    return dueAfter(DueAlarm.NONE, millis, max);
  }

  /// Calls the listener each time an alarm was set or moved, after that is durable. Close the
  /// subscription to end it.
  Subscription onSet(Listener listener);

  /// Removes an alarm that its object does not have any more, as it was read: if it was set again
  /// since, it stays. An index that cannot be wrong has nothing to do.
  default void forget(DueAlarm alarm) {}

  /// One alarm and the object that it wakes.
  ///
  /// @param stamp of what was read, for an index that can have alarms too many
  record DueAlarm(String objectKey, long atMillis, long stamp) {
    /// Comes before all that there are.
    public static final DueAlarm NONE = new DueAlarm("", 0);

    public DueAlarm(String objectKey, long atMillis) {
      this(objectKey, atMillis, 0);
    }
  }

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
