package io.holdfast.node.message;

/// Numbers of messages: the wall clock in milliseconds, then 20 bits to count within one.
///
/// So a sender that lost its memory of the last one (its storage was put back to an earlier time)
/// still goes on above all numbers it ever used, and a receiver takes its messages for new ones.
final class Numbers {
  private static final int COUNTER_BITS = 20;

  private Numbers() {}

  static long next(long last, long nowMillis) {
    return Math.max(last + 1, nowMillis << COUNTER_BITS);
  }

  static long millis(long number) {
    return number >> COUNTER_BITS;
  }
}
