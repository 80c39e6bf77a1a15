package io.holdfast.node.object;

/// How a run of an alarm ended. One that could not be carried out at all ends with an error
/// instead: that is no fault of the alarm and does not count.
sealed interface AlarmEnd {
  /// There is nothing more to do for the alarm: it succeeded, or was dropped.
  record Done() implements AlarmEnd {}

  /// The object has no alarm that is due now.
  record NotDue() implements AlarmEnd {}

  /// It failed and is to be run again.
  record Failed() implements AlarmEnd {}

  /// It is not to be run again, and what says so is not stored yet.
  ///
  /// @param generation of the alarm that is meant; one that was set since stays
  record Abandoned(long generation) implements AlarmEnd {}
}
