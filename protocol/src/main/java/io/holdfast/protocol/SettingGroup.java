package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// Settings of one path, such as `holdfast.objects`, which are checked against their ranges.
public record SettingGroup(String path) {
  /// @throws HoldfastException `config_invalid` that names the key, what was expected and what was
  ///   found
  public void check(String key, long value, long min, long max) {
    check(key, value, min, max, "");
  }

  /// @param unit follows the range in the error, such as " ms"
  /// @throws HoldfastException as [#check(String, long, long, long)]
  public void check(String key, long value, long min, long max, String unit) {
    if (value < min || value > max) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "%s.%s: expected %d to %d%s, found %d".formatted(path, key, min, max, unit, value));
    }
  }
}
