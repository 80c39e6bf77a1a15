package io.holdfast.protocol.event;

import org.jspecify.annotations.Nullable;

/// A stored event that can move its object's alarm.
///
/// A journal that keeps an [AlarmIndex] changes it in the same atomic write as the event, so that
/// the index says exactly what the stored events say, whenever the process dies.
public interface AlarmCarrier {
  /// The change that this event makes, or null when it leaves the alarm as it is.
  @Nullable AlarmChange alarmChange();
}
