package io.holdfast.persistence.writer;

/// When a new incarnation of a writer makes its epoch known in the journal.
public enum ClaimPolicy {
  /// With its first commit. Enough where only one process can reach the journal.
  ON_FIRST_WRITE,

  /// With an event of its own, before it serves: what a superseded writer stores from then on comes
  /// after it and is skipped.
  BEFORE_SERVING
}
