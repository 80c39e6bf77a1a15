package io.holdfast.protocol.admin;

/// What becomes of the alarm in a fork.
public enum ForkedAlarm {
  /// The new object has none: what the alarm would do is done once, by the first object.
  DROPPED,

  /// The new object has one at the same time.
  KEPT
}
