package io.holdfast.examples.counter;

import java.util.List;

/// What others may ask of a counter: `env.objects("counters").getByName("a").as(CounterApi.class)`.
public interface CounterApi {
  /// The largest step, either way.
  long STEP_MAX = 1_000_000;

  /// Adds to the counter.
  ///
  /// @param by from `-STEP_MAX` to `STEP_MAX`
  /// @return the new value
  long increment(long by);

  /// The value; 0 when nothing was ever added.
  long value();

  /// The region that the counter lives in.
  String where();

  /// The latest increments, newest first.
  List<Increment> log();

  static boolean isStep(long by) {
    return by >= -STEP_MAX && by <= STEP_MAX;
  }

  /// One increment.
  ///
  /// @param number 1 for the first one of this counter
  /// @param at when it was made, ISO 8601
  record Increment(long number, long by, String at) {}
}
