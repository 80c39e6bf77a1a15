package io.holdfast.node.object;

import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.util.OptionalLong;

/// How a run of an alarm ended. One that could not be carried out at all ends with an error
/// instead: that is no fault of the alarm and does not count.
sealed interface AlarmEnd {
  /// There is nothing more to do for the alarm: it succeeded, or was dropped.
  record Done() implements AlarmEnd {}

  /// It succeeded, and has set an alarm for the very time of the one that ran: for the index
  /// nothing has changed, so nobody tells of it.
  record Again() implements AlarmEnd {}

  /// The object has no alarm that is due now, by the clock of its node.
  ///
  /// @param next when it is to be woken
  /// @param restMillis how long until then, by that clock
  record NotDue(OptionalLong next, long restMillis) implements AlarmEnd {
    boolean isFor(DueAlarm row) {
      return next.isPresent() && next.getAsLong() == row.atMillis();
    }
  }

  /// It failed and is to be run again.
  record Failed() implements AlarmEnd {}

  /// It is not to be run again, and what says so is not stored yet.
  ///
  /// @param generation of the alarm that is meant; one that was set since stays
  record Abandoned(long generation) implements AlarmEnd {}
}
