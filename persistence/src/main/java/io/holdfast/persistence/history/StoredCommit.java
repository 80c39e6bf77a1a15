package io.holdfast.persistence.history;

import io.holdfast.persistence.pg1.DeltaHeader;

/// One commit as the journal has it.
///
/// @param txSeq its number in the object's history; 0 stands for the time before the first
/// @param transactions how many transactions were merged into it; 0 for a claim
/// @param bytes what it takes in the journal
/// @param databaseBytes the size of the database after it
/// @param isRestore whether it went back to an earlier state
public record StoredCommit(
    long txSeq,
    long epoch,
    long wallMillis,
    long transactions,
    long bytes,
    long databaseBytes,
    boolean isRestore) {
  /// Before the first commit.
  static final StoredCommit NONE = new StoredCommit(0, 0, 0, 0, 0, 0, false);

  static StoredCommit of(DeltaHeader header, long bytes) {
    return new StoredCommit(
        header.txSeq(),
        header.epoch(),
        header.wallMillis(),
        header.commits(),
        bytes,
        (long) header.pageCount() * header.pageSize(),
        header.has(DeltaHeader.RESTORE));
  }

  /// Whether only a snapshot after it tells of it: its time and epoch may then be later ones.
  boolean isOfSnapshot() {
    return txSeq > 0 && bytes == 0;
  }

  StoredCommit withMore(long moreBytes) {
    return new StoredCommit(
        txSeq, epoch, wallMillis, transactions, bytes + moreBytes, databaseBytes, isRestore);
  }
}
