package io.holdfast.edge;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.concurrent.atomic.AtomicInteger;

/// What the edge counts of WebSockets.
final class SocketMetrics {
  private final AtomicInteger open = new AtomicInteger();
  private final CounterDataPoint received;
  private final CounterDataPoint sent;

  /// @param messages with the label `direction`
  SocketMetrics(Counter messages) {
    this.received = messages.labelValues("in");
    this.sent = messages.labelValues("out");
  }

  int open() {
    return open.get();
  }

  void opened() {
    open.incrementAndGet();
  }

  void closed() {
    open.decrementAndGet();
  }

  void received() {
    received.inc();
  }

  void sent() {
    sent.inc();
  }
}
