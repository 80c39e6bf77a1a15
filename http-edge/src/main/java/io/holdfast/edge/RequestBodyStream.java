package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// A request body as a stream that blocks its reader and holds back its sender.
///
/// Bytes are asked from the client when the first byte is read (only then does a client that sent
/// `Expect: 100-continue` hear that it may go on), and at most [#PREFETCH] network reads are held
/// here. [#close()] stops reading; the connection closes after the response unless the rest is
/// short.
final class RequestBodyStream extends InputStream implements Subscriber<ByteString> {
  static final int PREFETCH = 4;
  static final int SHORT_REST_BYTES = 64 * 1024;
  static final long REST_NANOS = 1_000_000_000L;

  private final RequestEntity entity;
  private final Materializer materializer;
  private final long bytesMax;
  private final Invitation invitation;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile long lastReceivedNanos;
  private volatile long discardsSinceNanos;

  // Guarded by lock.
  private final ArrayDeque<ByteString> chunks = new ArrayDeque<>();
  private Phase phase = Phase.UNTOUCHED;
  private @Nullable Subscription subscription;
  private @Nullable ByteBuffer current;
  private @Nullable IOException failure;
  private @Nullable Runnable whenEnded;
  private long received;
  private @Nullable HoldfastException refusal;
  private boolean closed;

  private enum Phase {
    UNTOUCHED,
    FLOWING,
    DISCARDING,
    ENDED
  }

  /// Whether the client sends the body by itself, or waits for `100 Continue`.
  enum Invitation {
    NOT_NEEDED,
    AWAITED
  }

  RequestBodyStream(
      RequestEntity entity, Materializer materializer, long bytesMax, Invitation invitation) {
    this.entity = entity;
    this.materializer = materializer;
    this.bytesMax = bytesMax;
    this.invitation = invitation;
  }

  /// Bytes received so far.
  long received() {
    lock.lock();
    try {
      return received;
    } finally {
      lock.unlock();
    }
  }

  /// The clock's reading when bytes came last, 0 before.
  long lastReceivedNanos() {
    return lastReceivedNanos;
  }

  /// Why the request is the client's fault, or null: its body is too long or broken.
  @Nullable HoldfastException refusal() {
    lock.lock();
    try {
      return refusal;
    } finally {
      lock.unlock();
    }
  }

  /// Whether bytes are still to come, and so few that they can be awaited to keep the connection.
  boolean restIsShort() {
    lock.lock();
    try {
      boolean comes = phase != Phase.UNTOUCHED || invitation == Invitation.NOT_NEEDED;
      long declared = entity.getContentLengthOption().orElse(Long.MAX_VALUE);
      return phase != Phase.ENDED
          && refusal == null
          && comes
          && declared - received <= SHORT_REST_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the client may still send bytes of this body.
  boolean open() {
    lock.lock();
    try {
      return phase != Phase.ENDED;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    start();
    lock.lock();
    try {
      ByteBuffer from = awaitBytes();
      if (from == null) {
        return -1;
      }
      int count = Math.min(length, from.remaining());
      from.get(into, offset, count);
      return count;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int available() {
    lock.lock();
    try {
      ByteBuffer from = current;
      ByteString next = chunks.peek();
      int ready = from == null ? 0 : from.remaining();
      return ready > 0 || next == null ? ready : next.size();
    } finally {
      lock.unlock();
    }
  }

  /// The next bytes, or null at the end. Holds the lock.
  private @Nullable ByteBuffer awaitBytes() throws IOException {
    try {
      while (!readable()) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    }
    if (closed) {
      throw new IOException("the request body was closed");
    }
    ByteBuffer from = current;
    if (from != null && from.hasRemaining()) {
      return from;
    }
    if (failure != null) {
      throw failure;
    }
    return null;
  }

  /** Whether there are bytes, the end, or a failure. Takes the next chunk. */
  private boolean readable() {
    ByteBuffer from = current;
    if (closed || (from != null && from.hasRemaining())) {
      return true;
    }
    ByteString next = chunks.poll();
    if (next == null) {
      return failure != null || phase == Phase.ENDED;
    }
    current = next.asByteBuffer();
    requestOneMore();
    return true;
  }

  private void requestOneMore() {
    if (subscription != null && phase == Phase.FLOWING) {
      subscription.request(1);
    }
  }

  private static IOException interrupted(InterruptedException e) {
    IOException interrupted =
        new InterruptedIOException("interrupted while waiting for the request body");
    interrupted.initCause(e);
    return interrupted;
  }

  /// Stops reading. Bytes that came and were not read are dropped.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      chunks.clear();
      current = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Ends the stream because the request is over: readers get the failure, the client is no longer
  /// listened to.
  void abandon(String why) {
    Subscription cancelled;
    lock.lock();
    try {
      cancelled = phase == Phase.ENDED ? null : subscription;
      end(new IOException(why));
    } finally {
      lock.unlock();
    }
    if (cancelled != null) {
      cancelled.cancel();
    }
  }

  /// Reads and drops what the client still sends, then runs the task; runs it at once when nothing
  /// is to come, and after [#REST_NANOS] in any case (see [#checkRest(long)]).
  void discardRest(Runnable then) {
    boolean ended;
    lock.lock();
    try {
      ended = phase == Phase.ENDED;
      closed = true;
      chunks.clear();
      if (!ended) {
        whenEnded = then;
        discardsSinceNanos = System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
    if (ended) {
      then.run();
    } else {
      start();
      discardFlow();
    }
  }

  /// Waits no longer for the rest of a body when its time is up.
  void checkRest(long nowNanos) {
    long since = discardsSinceNanos;
    if (since != 0 && nowNanos - since > REST_NANOS) {
      Runnable then = takeWhenEnded();
      if (then != null) {
        then.run();
      }
    }
  }

  private @Nullable Runnable takeWhenEnded() {
    lock.lock();
    try {
      Runnable then = whenEnded;
      whenEnded = null;
      return then;
    } finally {
      lock.unlock();
    }
  }

  private void discardFlow() {
    lock.lock();
    try {
      if (phase == Phase.FLOWING) {
        phase = Phase.DISCARDING;
        if (subscription != null) {
          subscription.request(Long.MAX_VALUE);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void start() {
    lock.lock();
    try {
      if (phase != Phase.UNTOUCHED) {
        return;
      }
      phase = Phase.FLOWING;
    } finally {
      lock.unlock();
    }
    entity.getDataBytes().runWith(Sink.fromSubscriber(this), materializer);
  }

  @Override
  public void onSubscribe(Subscription granted) {
    Phase found;
    lock.lock();
    try {
      subscription = granted;
      found = phase;
    } finally {
      lock.unlock();
    }
    switch (found) {
      case UNTOUCHED, FLOWING -> granted.request(PREFETCH);
      case DISCARDING -> granted.request(Long.MAX_VALUE);
      case ENDED -> granted.cancel();
    }
  }

  @Override
  public void onNext(ByteString chunk) {
    lock.lock();
    try {
      received += chunk.size();
      lastReceivedNanos = System.nanoTime();
      if (received > bytesMax) {
        chunks.clear();
        refuse(ErrorCode.BODY_TOO_LARGE, Limits.bodyTooLarge(bytesMax));
      } else if (!closed && chunk.nonEmpty()) {
        chunks.add(chunk);
      } else {
        requestOneMore();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onError(Throwable error) {
    lock.lock();
    try {
      refuse(ErrorCode.INVALID_REQUEST, "the request body broke off: " + error.getMessage());
    } finally {
      lock.unlock();
    }
    ended(null);
  }

  @Override
  public void onComplete() {
    ended(null);
  }

  private void ended(@Nullable IOException why) {
    Runnable then;
    lock.lock();
    try {
      then = whenEnded;
      whenEnded = null;
      end(why);
    } finally {
      lock.unlock();
    }
    if (then != null) {
      then.run();
    }
  }

  /** Holds the lock. */
  private void refuse(ErrorCode code, String message) {
    if (refusal == null) {
      refusal = new HoldfastException(code, message);
      failure = new IOException(message, refusal);
    }
  }

  /** Holds the lock. */
  private void end(@Nullable IOException why) {
    if (phase != Phase.ENDED) {
      phase = Phase.ENDED;
      failure = failure == null ? why : failure;
      changed.signalAll();
    }
  }
}
