package io.holdfast.protocol.event;

/// What an event does to the one alarm of its object. The journal finds the row to replace by the
/// object's key.
public sealed interface AlarmChange {
  /// Names the object across all namespaces; the text that wakes it.
  String objectKey();

  /// The alarm rings at `atMillis` (wall clock, since the epoch, not negative), whatever was set
  /// before.
  record Set(String objectKey, long atMillis) implements AlarmChange {
    public Set {
      if (atMillis < 0) {
        throw new IllegalArgumentException(
            "alarm of " + objectKey + ": expected a time of 0 or more, found " + atMillis);
      }
    }
  }

  /// The object has no alarm any more. Harmless when it had none.
  record Cleared(String objectKey) implements AlarmChange {}
}
