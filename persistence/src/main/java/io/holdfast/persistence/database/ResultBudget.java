package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// Counts the bytes of a result that is read into memory.
final class ResultBudget {
  /// What a row costs beside its values, about.
  static final int ROW_BYTES = 64;

  private final long bytesMax;
  private long bytes;

  ResultBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  void use(long more) {
    bytes += more;
    if (bytes > bytesMax) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR,
          "expected a result of at most "
              + bytesMax
              + " bytes, found more: ask for less at a time (LIMIT, or limit())");
    }
  }

  /// Bytes of a value in memory, about.
  static long sizeOf(Object value) {
    return switch (value) {
      case String text -> 2L * text.length() + 24;
      case byte[] blob -> blob.length + 16L;
      default -> 16;
    };
  }
}
