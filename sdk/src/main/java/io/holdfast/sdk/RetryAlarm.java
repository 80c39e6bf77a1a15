package io.holdfast.sdk;

/// Whether an alarm whose run was ended by [ObjectContext#abort(String, RetryAlarm)] is run again.
public enum RetryAlarm {
  YES,
  NO
}
