package io.holdfast.edge;

/// The words for limits that several places check.
final class Limits {
  static String bodyTooLarge(long bytesMax) {
    return "expected a request body of at most " + bytesMax + " bytes, found more";
  }

  private Limits() {}
}
