package io.holdfast.persistence.embedded;

/// What the store has done since it was opened, and what waits: for metrics.
///
/// `writes / commits` is the mean size of a group; `commitNanos / commits` the mean time of one
/// commit with its fsync.
public record StoreFigures(
    long commits,
    long writes,
    long bytes,
    long commitNanos,
    long failures,
    int queued,
    long queuedBytes) {}
