package io.holdfast.engine.http;

import io.holdfast.sdk.Body;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpException;
import org.jspecify.annotations.Nullable;

/// Sends a large or streamed body on a thread of its own, so that an answer that comes meanwhile is
/// read meanwhile.
///
/// When the body's source breaks off, the line is cut: the receiver must not take half a body for a
/// whole one.
final class BodyPump {
  private static final long LAST_WORD_MILLIS = 20;

  private final HttpLine line;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicLong sentBytes = new AtomicLong();
  private volatile Outcome outcome = Outcome.UNDER_WAY;
  private volatile @Nullable InputStream source;
  private volatile @Nullable IOException sourceFault;

  private enum Outcome {
    UNDER_WAY,
    SENT,
    FAILED
  }

  private BodyPump(HttpLine line) {
    this.line = line;
  }

  /// @param head written already; says how the body is framed
  static BodyPump start(Body body, HttpLine line, ClassicHttpRequest head) {
    BodyPump pump = new BodyPump(line);
    InputStream in = body.stream();
    pump.source = in;
    BodyCopy copy = new BodyCopy(in, body.length(), pump::sourceFailed);
    head.setEntity(new OutgoingBody(out -> copy.to(out, pump.sentBytes::addAndGet)));
    Thread.ofVirtual().name("holdfast-body").start(() -> pump.run(in, head));
    return pump;
  }

  private void run(InputStream in, ClassicHttpRequest head) {
    try (in) {
      line.codec().sendRequestEntity(head);
      line.codec().flush();
      outcome = Outcome.SENT;
    } catch (IOException | HttpException | RuntimeException _) {
      outcome = Outcome.FAILED;
    } finally {
      ended.countDown();
    }
  }

  /** Cuts the line first: the codec would write a proper end of the body otherwise. */
  private void sourceFailed(IOException e) {
    sourceFault = e;
    line.discard();
  }

  /// Why the body's source broke off, if it did; then the line is cut and whoever reads it meets an
  /// error.
  @Nullable IOException sourceFault() {
    return sourceFault;
  }

  long sentBytes() {
    return sentBytes.get();
  }

  boolean underWay() {
    return outcome == Outcome.UNDER_WAY;
  }

  /// After the whole answer: true when the body was sent to its end. Otherwise its source is
  /// closed.
  boolean settle() {
    try {
      if (ended.await(LAST_WORD_MILLIS, TimeUnit.MILLISECONDS) && outcome == Outcome.SENT) {
        return true;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    abandon();
    return false;
  }

  /// Closes the source, so that the sender learns that nobody reads on.
  void abandon() {
    InputStream in = source;
    if (in != null && underWay()) {
      try {
        in.close();
      } catch (IOException _) {
        // Its owner hears of it in its own way.
      }
    }
  }
}
