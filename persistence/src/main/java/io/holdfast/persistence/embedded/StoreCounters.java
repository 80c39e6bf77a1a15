package io.holdfast.persistence.embedded;

/// Counts commits. Written by the writer thread alone, read by any.
final class StoreCounters {
  private volatile Totals totals = new Totals(0, 0, 0, 0, 0);

  private record Totals(long commits, long writes, long bytes, long nanos, long failures) {}

  void committed(int writes, long bytes, long nanos) {
    Totals t = totals;
    totals =
        new Totals(t.commits + 1, t.writes + writes, t.bytes + bytes, t.nanos + nanos, t.failures);
  }

  void failed() {
    Totals t = totals;
    totals = new Totals(t.commits, t.writes, t.bytes, t.nanos, t.failures + 1);
  }

  StoreFigures figures(WriteQueue queue) {
    Totals t = totals;
    return new StoreFigures(
        t.commits, t.writes, t.bytes, t.nanos, t.failures, queue.length(), queue.bytes());
  }
}
