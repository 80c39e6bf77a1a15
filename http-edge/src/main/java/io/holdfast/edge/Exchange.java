package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.spi.socket.PairedSocket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/// One request and its one answer.
///
/// Two things happen to it, each once and in any order: it is *answered* (by its handler, or by the
/// clock), and it is *over* (the answer left, or the client did). It counts as in flight until both
/// have happened. What comes too late is thrown away. Thread-safe.
final class Exchange implements ResponseBodySource.Listener {
  /// The status in logs and metrics of a request whose client left before it was answered.
  static final int CLIENT_GONE = 499;

  /** Somebody is answering; its answer is the one. */
  private static final int CLAIMED = 1;

  private static final int ANSWERED = 2;
  private static final int OVER = 4;

  private final RequestHead head;
  private final EdgeConnection connection;
  private final ExchangeObserver observer;
  private final Consumer<HttpResponse> reply;
  private final long startNanos = System.nanoTime();
  private final AtomicInteger state = new AtomicInteger();
  private final AtomicLong bytesOut = new AtomicLong();

  private volatile String app = EdgeMetrics.NO_APP;
  private volatile long bytesIn;
  private volatile int status = CLIENT_GONE;
  private volatile @Nullable Thread worker;
  private volatile @Nullable RequestBodyStream requestBody;
  private volatile @Nullable ResponseBodySource responseBody;
  private volatile boolean openEnded;
  private volatile boolean unfinished;
  private volatile long overNanos;

  /// What happens around every exchange.
  interface ExchangeObserver {
    /// Makes Pekko's response; a streamed body reports to the exchange.
    ResponseWriter.Written write(Response response, Exchange exchange);

    /// Makes what the client will speak to once the answer is a WebSocket.
    ///
    /// @throws HoldfastException `wrong_state` when the socket is already in use
    EdgeSocket socket(WebSocket webSocket);

    /// Called once, when the exchange is over.
    void over(Exchange exchange);

    /// Called once, when it no longer counts as in flight.
    void released(Exchange exchange);
  }

  Exchange(
      RequestHead head,
      EdgeConnection connection,
      ExchangeObserver observer,
      Consumer<HttpResponse> reply) {
    this.head = head;
    this.connection = connection;
    this.observer = observer;
    this.reply = reply;
  }

  RequestHead head() {
    return head;
  }

  String requestId() {
    return head.requestId();
  }

  String peer() {
    return connection.peer();
  }

  String app() {
    return app;
  }

  /// The status the client got, or [#CLIENT_GONE].
  int status() {
    return status;
  }

  long bytesIn() {
    RequestBodyStream streamed = requestBody;
    return streamed == null ? bytesIn : streamed.received();
  }

  long bytesOut() {
    return bytesOut.get();
  }

  long startNanos() {
    return startNanos;
  }

  /// The clock's reading when it was over, 0 before.
  long overNanos() {
    return overNanos;
  }

  void belongsTo(String appName) {
    app = appName;
  }

  void receivedWhole(long bytes) {
    bytesIn = bytes;
  }

  void receives(RequestBodyStream body) {
    requestBody = body;
  }

  void runsOn(Thread thread) {
    worker = thread;
  }

  /// Whether the answer is a stream without a known end that is being sent.
  boolean sendsOpenEnded() {
    return openEnded && overNanos == 0;
  }

  /// Whether the client is still sending the request's body.
  boolean receiving() {
    RequestBodyStream body = requestBody;
    return body != null && body.open();
  }

  /// Whether the request's body had not come to its end when the exchange was over.
  boolean bodyUnfinished() {
    return unfinished || receiving();
  }

  /// Answers with what is to be told of the failure. What is not a [HoldfastException] is logged
  /// and told only as `worker_failed`.
  void fail(Throwable failure) {
    int now = state.get();
    if ((now & (CLAIMED | OVER)) != 0) {
      EdgeLog.WORKER.debug("request {}: failed when it was over", requestId(), failure);
    }
    if ((now & OVER) != 0) {
      answer(Response.status(CLIENT_GONE));
    } else {
      answer(replyTo(failure));
    }
  }

  private Response replyTo(Throwable failure) {
    RequestBodyStream body = requestBody;
    HoldfastException refusal = body == null ? null : body.refusal();
    if (refusal != null) {
      return ErrorReply.of(refusal, requestId());
    }
    if (ErrorReply.unwrapped(failure) instanceof HoldfastException known) {
      return ErrorReply.of(known, requestId());
    }
    EdgeLog.WORKER.warn(
        "request {}: {} {} failed", requestId(), head.method(), head.path(), failure);
    return ErrorReply.of(
        ErrorCode.WORKER_FAILED,
        "the worker failed; the log has the reason under this request id",
        requestId());
  }

  /// Answers, unless it was answered before; then the response is thrown away.
  void answer(Response response) {
    if ((state.getAndUpdate(bits -> bits | CLAIMED) & CLAIMED) != 0) {
      response.webSocket().ifPresent(PairedSocket::abandon);
      ResponseWriter.closeUnread(response.body());
      return;
    }
    if (response.webSocket().isPresent()) {
      upgrade(response, response.webSocket().get());
    } else {
      respond(response);
    }
  }

  /** The connection is no longer HTTP; the exchange is over. */
  private void upgrade(Response response, WebSocket webSocket) {
    EdgeSocket socket;
    try {
      if (!head.webSocket()) {
        throw new HoldfastException(
            ErrorCode.WORKER_FAILED,
            "expected a WebSocket only as the answer to a request with 'Upgrade: websocket', found"
                + " one for a request without");
      }
      socket = observer.socket(webSocket);
    } catch (HoldfastException e) {
      PairedSocket.abandon(webSocket);
      respond(ErrorReply.of(e, requestId()));
      return;
    }
    Headers headers = ResponseWriter.withoutConnectionTokens(response.headers());
    byte[] handshake = UpgradeRequest.answer(head, headers);
    status = response.status();
    int before = state.getAndUpdate(bits -> bits | ANSWERED);
    if ((before & OVER) == 0) {
      connection.upgrade(socket, handshake);
      over();
    } else {
      status = CLIENT_GONE;
      connection.upgrade(socket, handshake); // It is gone, which the socket is told.
      observer.released(this);
    }
  }

  private void respond(Response response) {
    ResponseWriter.Written written = written(response);
    responseBody = written.body();
    openEnded = written.openEnded();
    status = written.status();
    int before = state.getAndUpdate(bits -> bits | ANSWERED);
    if ((before & OVER) == 0) {
      deliver(written);
    } else {
      status = CLIENT_GONE;
      written.abandon();
      observer.released(this);
    }
  }

  private ResponseWriter.Written written(Response response) {
    try {
      return observer.write(response, this);
    } catch (RuntimeException e) {
      return observer.write(replyTo(e), this);
    }
  }

  private void deliver(ResponseWriter.Written written) {
    RequestBodyStream body = requestBody;
    if (body != null && written.body() == null && body.restIsShort()) {
      body.discardRest(() -> deliverNow(written));
    } else {
      deliverNow(written);
    }
  }

  private void deliverNow(ResponseWriter.Written written) {
    reply.accept(written.response());
    if (written.body() == null) {
      bytesOut.set(written.bytes());
      over();
    }
  }

  @Override
  public void sent(int bytes) {
    bytesOut.addAndGet(bytes);
  }

  @Override
  public void bodyOver(@Nullable Throwable failure) {
    if (failure instanceof ResponseBodySource.BrokenBody) {
      EdgeLog.WORKER.warn("request {}: {}", requestId(), failure.getMessage());
    }
    over();
  }

  /// Ends the exchange because its connection is gone.
  void clientGone() {
    over();
    ResponseBodySource body = responseBody;
    if (body != null) {
      body.abandon();
    }
  }

  /// Delivers an answer that has waited too long for the rest of the request's body. Or answers
  /// with 504 and interrupts the worker, when there was no answer for too long since the request,
  /// or the last bytes of its body, came.
  void checkDeadline(long nowNanos, long timeoutNanos) {
    long sinceNanos = startNanos;
    RequestBodyStream body = requestBody;
    if (body != null) {
      body.checkRest(nowNanos);
      sinceNanos = Math.max(sinceNanos, body.lastReceivedNanos());
    }
    if ((state.get() & CLAIMED) == 0 && nowNanos - sinceNanos > timeoutNanos) {
      answer(
          ErrorReply.of(
              ErrorCode.TIMEOUT,
              "expected an answer within " + timeoutNanos / 1_000_000 + " ms, found none",
              requestId()));
      interruptWorker();
    }
  }

  void interruptWorker() {
    Thread thread = worker;
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void over() {
    int before = state.getAndUpdate(bits -> bits | OVER);
    if ((before & OVER) != 0) {
      return;
    }
    overNanos = System.nanoTime();
    RequestBodyStream body = requestBody;
    if (body != null) {
      unfinished = body.open();
      body.abandon("the request is over");
    }
    observer.over(this);
    if ((before & ANSWERED) != 0) {
      observer.released(this);
    }
  }
}
