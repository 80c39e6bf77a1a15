package io.holdfast.sdk;

import java.time.Duration;
import java.util.Optional;

/// How a stub reaches its object.
///
/// @param locationHint where a new object should live, such as `weur`; only the first use of an
///   object counts, unknown hints are accepted and ignored
/// @param retry whether calls are sent again when they fail in a way that may pass; without it they
///   never are
public record GetOptions(Optional<String> locationHint, Optional<Retry> retry) {
  public static final GetOptions NONE = new GetOptions(Optional.empty(), Optional.empty());

  /// Sends a call again when it fails with an error that is [ObjectCallException#retryable()] and
  /// not [ObjectCallException#remote()]: the object was reset, moves, is out of reach. An event
  /// that was cut off by a reset may have stored a part of its writes: what must not happen twice
  /// carries an idempotency key. A call whose body or argument is a stream is never sent again, and
  /// a call that is may arrive after later ones of the same stub.
  ///
  /// @param maxRetries how often, 1 to 100
  /// @param timeout from the first attempt to the last, 1 ms to 10 min
  public record Retry(int maxRetries, Duration timeout) {
    public Retry {
      if (maxRetries < 1 || maxRetries > 100) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT, "maxRetries: expected 1 to 100, found " + maxRetries);
      }
      if (timeout.toMillis() < 1 || timeout.compareTo(Duration.ofMinutes(10)) > 0) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT, "timeout: expected 1 ms to 10 min, found " + timeout);
      }
    }
  }

  public static GetOptions locationHint(String hint) {
    return new GetOptions(Optional.of(hint), Optional.empty());
  }

  /// These options with retries.
  public GetOptions retrying(int maxRetries, Duration timeout) {
    return new GetOptions(locationHint, Optional.of(new Retry(maxRetries, timeout)));
  }
}
