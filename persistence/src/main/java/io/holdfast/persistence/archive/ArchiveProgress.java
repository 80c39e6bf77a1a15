package io.holdfast.persistence.archive;

import java.util.concurrent.atomic.LongAdder;

/// How far an archive or a restore has come. Thread-safe.
public final class ArchiveProgress {
  private final LongAdder files = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder storedBytes = new LongAdder();

  void file() {
    files.increment();
  }

  void bytes(long count) {
    bytes.add(count);
  }

  void stored(long count) {
    storedBytes.add(count);
  }

  /// Files, directories and links so far.
  public long files() {
    return files.sum();
  }

  /// Bytes of contents so far.
  public long bytes() {
    return bytes.sum();
  }

  /// Bytes that had to be written to the blob store so far, compressed.
  public long storedBytes() {
    return storedBytes.sum();
  }
}
