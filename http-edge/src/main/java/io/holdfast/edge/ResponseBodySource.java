package io.holdfast.edge;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// A response body that is read from a blocking stream on a virtual thread while it is sent.
///
/// Every read goes out at once, however short, so that events arrive when they happen. At most
/// [#READ_AHEAD] blocks of [#BLOCK_BYTES] wait for the client. The stream is closed exactly once:
/// at its end, when the client goes away, or when [#abandon()] is called.
final class ResponseBodySource extends GraphStage<SourceShape<ByteString>> {
  static final int BLOCK_BYTES = 32 * 1024;
  static final int READ_AHEAD = 2;

  private final Outlet<ByteString> out = Outlet.create("ResponseBodySource.out");
  private final SourceShape<ByteString> shape = SourceShape.of(out);
  private final InputStream stream;
  private final Listener listener;
  private final Semaphore permits = new Semaphore(READ_AHEAD);
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable Thread reader;

  /// Hears what becomes of the body. Called from any thread.
  interface Listener {
    void sent(int bytes);

    /// Called once.
    ///
    /// @param failure why the body is incomplete; null when it was sent whole
    void bodyOver(@Nullable Throwable failure);
  }

  ResponseBodySource(InputStream stream, Listener listener) {
    this.stream = stream;
    this.listener = listener;
  }

  @Override
  public SourceShape<ByteString> shape() {
    return shape;
  }

  /// Gives the body up: closes its stream and stops the reader. Safe to repeat.
  void abandon() {
    over(new IOException("the client went away"));
  }

  private void over(@Nullable Throwable failure) {
    if (over.compareAndSet(false, true)) {
      Thread blocked = reader;
      if (blocked != null && blocked != Thread.currentThread()) {
        blocked.interrupt();
      }
      Thread.ofVirtual().name("edge-body-close").start(this::close);
      listener.bodyOver(failure);
    }
  }

  /** On a virtual thread of its own: user code may block. */
  private void close() {
    try {
      stream.close();
    } catch (IOException | RuntimeException e) {
      EdgeLog.LOG.debug("closing a response body failed: {}", e.toString());
    }
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private sealed interface Event {
    record Block(ByteString bytes) implements Event {}

    record End() implements Event {}

    record Failed(Throwable why) implements Event {}
  }

  private final class Logic extends GraphStageLogic {
    private final ArrayDeque<ByteString> waiting = new ArrayDeque<>(READ_AHEAD);
    private final AsyncCallback<Event> events = createAsyncCallback(this::onEvent);
    private boolean ended;

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              Logic.this.onPull();
            }
          });
    }

    @Override
    public void preStart() {
      Thread thread = Thread.ofVirtual().name("edge-body").unstarted(() -> readAll(events));
      reader = thread;
      thread.start();
    }

    private void onPull() {
      ByteString next = waiting.poll();
      if (next != null) {
        pushNow(next);
      } else if (ended) {
        finish();
      }
    }

    private void onEvent(Event event) {
      switch (event) {
        case Event.Block block when isAvailable(out) && waiting.isEmpty() -> pushNow(block.bytes());
        case Event.Block block -> waiting.add(block.bytes());
        case Event.End _ -> onEnd();
        case Event.Failed failed -> {
          over(failed.why());
          failStage(failed.why());
        }
      }
    }

    private void onEnd() {
      ended = true;
      if (waiting.isEmpty()) {
        finish();
      }
    }

    private void pushNow(ByteString bytes) {
      push(out, bytes);
      listener.sent(bytes.size());
      permits.release();
      if (ended && waiting.isEmpty()) {
        finish();
      }
    }

    private void finish() {
      over(null);
      completeStage();
    }

    @Override
    public void postStop() {
      abandon();
    }
  }

  private void readAll(AsyncCallback<Event> events) {
    byte[] buffer = new byte[BLOCK_BYTES];
    try {
      while (!over.get()) {
        permits.acquire();
        int count = stream.read(buffer, 0, BLOCK_BYTES);
        if (count < 0) {
          events.invoke(new Event.End());
          return;
        }
        if (count > BLOCK_BYTES / 2) {
          events.invoke(new Event.Block(ByteString.fromArrayUnsafe(buffer, 0, count)));
          buffer = new byte[BLOCK_BYTES];
        } else if (count > 0) {
          byte[] exact = Arrays.copyOf(buffer, count);
          events.invoke(new Event.Block(ByteString.fromArrayUnsafe(exact)));
        } else {
          permits.release();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      events.invoke(new Event.Failed(new BrokenBody("interrupted")));
    } catch (Throwable e) {
      events.invoke(new Event.Failed(new BrokenBody(e.toString())));
    }
  }

  /// Tells Pekko that the body is broken, so that it aborts the connection. Without a stack trace:
  /// the cause is user code.
  static final class BrokenBody extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenBody(String why) {
      super("the response body broke off: " + why, null, false, false);
    }
  }
}
