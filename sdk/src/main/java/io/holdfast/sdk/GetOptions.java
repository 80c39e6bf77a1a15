package io.holdfast.sdk;

import java.util.Optional;

/// How a stub reaches its object.
///
/// @param locationHint where a new object should live, such as `weur`; only the first use of an
///   object counts, unknown hints are accepted and ignored
public record GetOptions(Optional<String> locationHint) {
  public static final GetOptions NONE = new GetOptions(Optional.empty());

  public static GetOptions locationHint(String hint) {
    return new GetOptions(Optional.of(hint));
  }
}
