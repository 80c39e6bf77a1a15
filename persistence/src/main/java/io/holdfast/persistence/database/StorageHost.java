package io.holdfast.persistence.database;

import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// What [DatabaseStorage] needs from the object it belongs to. The node implements it.
public interface StorageHost {
  /// The open database; may block while it is recovered.
  ///
  /// @throws HoldfastException `wrong_state` when the calling thread does not hold the object's
  ///   turn
  ObjectDatabase database();

  ValueCodec codec();

  /// Brings the database into memory if it is not there, and lets other events enter meanwhile.
  void openConcurrently();

  /// Told after each call that wrote. The host commits before the turn is given away.
  void afterWrite(Confirmation confirmation);

  /// Whether what leaves the object waits until a write is durable.
  enum Confirmation {
    AWAITED,
    NOT_AWAITED
  }

  /// Told how many rows a call has read and written; for the bill.
  default void rows(long read, long written) {}

  /// Commits what was written and returns when it is durable.
  void awaitDurable();

  /// The object's past.
  ///
  /// @throws HoldfastException `wrong_state` where no history is kept
  default StorageHistory history() {
    throw new HoldfastException(ErrorCode.WRONG_STATE, "expected a history, found none here");
  }

  /// Whether the class of the object has an alarm() of its own.
  boolean hasAlarmHandler();

  /// Told when a transaction() begins. Between this and [#leaveTransaction] the host gives the turn
  /// to nobody and refuses whatever would wait for something else than storage. Nests.
  void enterTransaction();

  void leaveTransaction();
}
