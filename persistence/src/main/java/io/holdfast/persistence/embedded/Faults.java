package io.holdfast.persistence.embedded;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/// What RocksDB says, in our codes.
final class Faults {
  private Faults() {}

  static HoldfastException of(String action, RocksDBException cause) {
    return new HoldfastException(
        code(cause), "journal: " + action + " failed: " + cause.getMessage(), cause);
  }

  private static ErrorCode code(RocksDBException cause) {
    Status status = cause.getStatus();
    if (isNoSpace(status, cause.getMessage())) {
      return ErrorCode.STORAGE_FULL;
    }
    return status != null && status.getCode() == Status.Code.Corruption
        ? ErrorCode.STORAGE_CORRUPT
        : ErrorCode.STORAGE_FAILED;
  }

  /* While it opens, RocksDB often reports a full disk by its text alone. */
  private static boolean isNoSpace(@Nullable Status status, @Nullable String message) {
    return (status != null && status.getSubCode() == Status.SubCode.NoSpace)
        || (message != null && message.toLowerCase(Locale.ROOT).contains("no space left"));
  }
}
