package io.holdfast.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Calls of an object's own methods at a later time: any number of them, beside the one
/// [Storage#setAlarm alarm].
///
/// They are stored with the object's own writes, and wake it when it is out of memory. Each is
/// carried out once, as an event of its own, not before its time; the call and the writes of its
/// turn are one commit. What the method throws is logged, and it is not called again; an object
/// that is reset while it runs is called again, three times at most. [Storage#deleteAll] takes
/// schedules away, and a restore brings back those of that time.
///
/// Thread rule: only on the threads that run the object's events.
public interface Schedules {
  /// What the arguments of one may have, encoded, in bytes.
  int ARGUMENTS_BYTES_MAX = 64 * 1024;

  /// Calls a public method of the object's class at that time, or as soon as possible when it is
  /// past. The result is dropped.
  ///
  /// @throws HoldfastException `invalid_argument` when there is no such method, or the arguments
  ///   are streams or larger than [#ARGUMENTS_BYTES_MAX]
  Schedule at(Instant time, String method, @Nullable Object... arguments);

  /// As [#at], so long after now.
  Schedule after(Duration delay, String method, @Nullable Object... arguments);

  /// One that is not yet due.
  Optional<Schedule> get(String id);

  /// All that are not yet due, in the order of their times.
  List<Schedule> list();

  /// Calls one off.
  ///
  /// @return whether it was there
  boolean cancel(String id);

  /// Calls all off that call that method.
  ///
  /// @return how many
  int cancelAll(String method);
}
