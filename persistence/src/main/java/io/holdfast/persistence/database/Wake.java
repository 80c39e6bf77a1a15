package io.holdfast.persistence.database;

/// Why the runtime wakes an object, beside its alarm: each has a time of its own.
public enum Wake {
  /// Messages wait to be delivered. Outlives [ObjectDatabase#deleteAll].
  MESSAGES(RuntimeTable.OUTBOX),

  /// Calls are scheduled.
  SCHEDULES(RuntimeTable.SCHEDULES);

  /// The key of the row with its time.
  public static final String KEY = "wake";

  private final RuntimeTable table;

  Wake(RuntimeTable table) {
    this.table = table;
  }

  RuntimeTable table() {
    return table;
  }
}
