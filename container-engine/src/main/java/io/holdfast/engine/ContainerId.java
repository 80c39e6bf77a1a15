package io.holdfast.engine;

import java.util.regex.Pattern;

/// The engine's own id of a container; for Docker 64 hex digits.
public record ContainerId(String value) {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

  public ContainerId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException("expected a container id, found '%s'".formatted(value));
    }
  }

  /// The first 12 characters, as people write it.
  @Override
  public String toString() {
    return value.length() <= 12 ? value : value.substring(0, 12);
  }
}
