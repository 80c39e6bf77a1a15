package io.holdfast.protocol.admin;

import java.time.LocalDate;
import java.util.Optional;

/// Tells what apps used. Thread-safe; blocks.
public interface UsageAdmin {
  /// What was used on these days (UTC), both included.
  ///
  /// @param app empty for all
  /// @param from empty for the last day alone
  /// @param to empty for today
  UsageReport usage(Optional<String> app, Optional<LocalDate> from, Optional<LocalDate> to);
}
