package io.holdfast.edge;

import io.holdfast.edge.EdgeConfig.AccessLogConfig;
import io.holdfast.edge.EdgeConfig.AccessLogConfig.QueryValues;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line per request, written by a thread of its own; lines beyond the queue are dropped.
///
/// The writer looks into the queue every [#PERIOD_MILLIS] ms instead of being woken: waking a
/// thread costs more than answering a small request.
final class AccessLog {
  static final int PERIOD_MILLIS = 20;
  private static final Logger LOG = LoggerFactory.getLogger("io.holdfast.edge.access");

  private final AccessLogConfig config;
  private final Runnable onDrop;
  private final ConcurrentLinkedQueue<Line> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queued = new AtomicInteger();
  private @Nullable Thread writer;
  private volatile boolean stopping;

  /// @param onDrop called for each line that does not fit
  AccessLog(AccessLogConfig config, Runnable onDrop) {
    this.config = config;
    this.onDrop = onDrop;
  }

  void start() {
    if (config.mode() != AccessLogConfig.Mode.OFF) {
      writer = Thread.ofPlatform().daemon().name("holdfast-access-log").start(this::write);
    }
  }

  private record Line(Exchange exchange, long atMillis) {}

  void record(Exchange exchange) {
    if (config.mode() == AccessLogConfig.Mode.OFF || !LOG.isInfoEnabled()) {
      return;
    }
    if (queued.incrementAndGet() > config.queueMax()) {
      queued.decrementAndGet();
      onDrop.run();
    } else {
      queue.add(new Line(exchange, System.currentTimeMillis()));
    }
  }

  /// Writes what is queued and stops.
  void stop() throws InterruptedException {
    stopping = true;
    Thread thread = writer;
    if (thread != null) {
      LockSupport.unpark(thread);
      thread.join();
    }
  }

  private void write() {
    while (true) {
      boolean last = stopping;
      writeQueued();
      if (last) {
        return;
      }
      LockSupport.parkNanos(PERIOD_MILLIS * 1_000_000L);
    }
  }

  private void writeQueued() {
    for (Line line = queue.poll(); line != null; line = queue.poll()) {
      queued.decrementAndGet();
      LOG.info(format(line));
    }
  }

  private String format(Line line) {
    Fields fields = config.mode() == AccessLogConfig.Mode.JSON ? new Json() : new Logfmt();
    Exchange exchange = line.exchange();
    RequestHead head = exchange.head();
    fields.text("time", Instant.ofEpochMilli(line.atMillis()).toString());
    fields.text("id", exchange.requestId());
    fields.text("app", exchange.app());
    fields.text("method", head.method());
    fields.text("host", head.host());
    fields.text("path", path(head));
    fields.number("status", Integer.toString(exchange.status()));
    fields.number("in", Long.toString(exchange.bytesIn()));
    fields.number("out", Long.toString(exchange.bytesOut()));
    fields.number("ms", millis(exchange.overNanos() - exchange.startNanos()));
    fields.text("peer", exchange.peer());
    return fields.line();
  }

  private String path(RequestHead head) {
    String query = head.query();
    if (query == null) {
      return head.path();
    }
    return head.path() + "?" + (config.queryValues() == QueryValues.SHOWN ? query : "…");
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
  }

  /** A line being put together. */
  private abstract static class Fields {
    final StringBuilder line = new StringBuilder(200);

    abstract void text(String name, String value);

    abstract void number(String name, String value);

    abstract String line();
  }

  private static final class Logfmt extends Fields {
    @Override
    void text(String name, String value) {
      boolean plain =
          !value.isEmpty()
              && value.chars().allMatch(c -> c > ' ' && c != '"' && c != '=' && c != '\\');
      number(name, plain ? value : JsonText.quoted(value));
    }

    @Override
    void number(String name, String value) {
      line.append(line.isEmpty() ? "" : " ").append(name).append('=').append(value);
    }

    @Override
    String line() {
      return line.toString();
    }
  }

  private static final class Json extends Fields {
    @Override
    void text(String name, String value) {
      number(name, JsonText.quoted(value));
    }

    @Override
    void number(String name, String value) {
      line.append(line.isEmpty() ? "{\"" : ",\"").append(name).append("\":").append(value);
    }

    @Override
    String line() {
      return line.append('}').toString();
    }
  }
}
