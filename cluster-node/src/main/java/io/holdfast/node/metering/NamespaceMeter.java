package io.holdfast.node.metering;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// What the objects of one namespace use on this node. Thread-safe.
///
/// Counting an event takes no lock and no memory. The time in memory is kept as a number of objects
/// and the moment up to which they were counted, so an object costs something when it enters and
/// leaves only.
public final class NamespaceMeter {
  private final LongAdder requests = new LongAdder();
  private final LongAdder webSocketMessages = new LongAdder();
  private final LongAdder rowsRead = new LongAdder();
  private final LongAdder rowsWritten = new LongAdder();

  // Guarded by this.
  private final DayUsage time = new DayUsage();
  private long objects;
  private long countedToMillis;

  NamespaceMeter(long nowMillis) {
    this.countedToMillis = nowMillis;
  }

  /// A request, call, batch of messages or alarm began.
  public void request() {
    requests.increment();
  }

  public void webSocketMessage() {
    webSocketMessages.increment();
  }

  public void rows(long read, long written) {
    if (read != 0) {
      rowsRead.add(read);
    }
    if (written != 0) {
      rowsWritten.add(written);
    }
  }

  synchronized void entered(long nowMillis) {
    settle(nowMillis);
    objects++;
  }

  synchronized void left(long nowMillis) {
    settle(nowMillis);
    objects--;
  }

  private void settle(long nowMillis) {
    long counted = objects;
    if (counted > 0) {
      DaySpans.each(
          countedToMillis,
          nowMillis,
          (day, millis) -> time.add(day, Usage.ofObjects(millis * counted)));
    }
    countedToMillis = Math.max(countedToMillis, nowMillis);
  }

  /// What was used since the last call, up to now.
  synchronized Map<Long, Usage> drain(long nowMillis) {
    settle(nowMillis);
    Usage events =
        Usage.ofEvents(
            requests.sumThenReset(),
            webSocketMessages.sumThenReset(),
            rowsRead.sumThenReset(),
            rowsWritten.sumThenReset());
    if (!events.equals(Usage.NONE)) {
      time.add(DaySpans.day(nowMillis), events);
    }
    return time.drain();
  }
}
