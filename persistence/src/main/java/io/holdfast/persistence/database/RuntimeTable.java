package io.holdfast.persistence.database;

/// The tables in which the runtime keeps the books of an object's calls and messages, from text to
/// bytes, in the same transactions as what the app writes and out of reach of its SQL.
///
/// Unlike everything else they outlive [ObjectDatabase#deleteAll] while they have rows, but for
/// [#SCHEDULES]: an answer that was promised to be repeated, or a message that was promised to be
/// delivered, is owed to others; and the disk of a container is no part of the storage.
public enum RuntimeTable {
  /// Which idempotency keys were seen, and what was answered.
  IDEMPOTENCY("_cf_IDEMPOTENCY"),

  /// Messages that are on their way to other objects, and those that were given up.
  OUTBOX("_cf_OUTBOX"),

  /// How far the messages of each sender were carried out.
  INBOX("_cf_INBOX"),

  /// Which archive of its container's files is the object's. Goes back with its state, unlike the
  /// others.
  FILES("_cf_FILES"),

  /// How its container ended last, when that was not in order. Forgotten when its state goes back,
  /// or is another object's from now on.
  CONTAINER("_cf_CONTAINER"),

  /// At which nodes of a cluster there are clients of its WebSockets.
  SOCKETS("_cf_SOCKETS"),

  /// Calls of its own methods that the object has put off. They are its own alone: they go with
  /// [ObjectDatabase#deleteAll], and back with its state.
  SCHEDULES("_cf_SCHEDULES");

  private final String tableName;

  RuntimeTable(String tableName) {
    this.tableName = tableName;
  }

  String tableName() {
    return tableName;
  }
}
