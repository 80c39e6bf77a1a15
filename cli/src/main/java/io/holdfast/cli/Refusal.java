package io.holdfast.cli;

import org.jspecify.annotations.Nullable;

/// The node refused, or there is none. The message is for people.
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  Refusal(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
