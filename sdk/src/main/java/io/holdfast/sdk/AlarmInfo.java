package io.holdfast.sdk;

import java.time.Instant;

/// One run of an alarm.
///
/// @param scheduledTime when it was to run
/// @param retryCount how often it failed before, 0 to 6
public record AlarmInfo(Instant scheduledTime, int retryCount) {
  public boolean isRetry() {
    return retryCount > 0;
  }
}
