package io.holdfast.edge;

import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.TLSProtocol.SendBytes;
import org.apache.pekko.stream.TLSProtocol.SessionBytes;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// The bytes of one connection, between the socket and Pekko's HTTP layer.
///
/// Tells [EdgeConnection] what happens, so that slow clients can be ended; reads one network read
/// ahead, so that a client that leaves is noticed while its request is being answered; goes on
/// reading for a moment when a response ends the connection before the request's body has come, so
/// that the client gets the response and not a reset.
final class ConnectionGuard
    extends GraphStage<BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound>> {
  /// Larger writes are cut, so that progress is seen.
  static final int WRITE_BYTES_MAX = 128 * 1024;

  private static final SSLSession NO_SESSION = noSession();

  private final Inlet<SslTlsOutbound> fromHttp = Inlet.create("ConnectionGuard.fromHttp");
  private final Outlet<ByteString> toNet = Outlet.create("ConnectionGuard.toNet");
  private final Inlet<ByteString> fromNet = Inlet.create("ConnectionGuard.fromNet");
  private final Outlet<SslTlsInbound> toHttp = Outlet.create("ConnectionGuard.toHttp");
  private final BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound> shape =
      BidiShape.of(fromHttp, toNet, fromNet, toHttp);
  private final EdgeConnection connection;
  private final Runnable onUnreadable;

  /// @param onUnreadable called when the connection ends with a request that could not be read
  ConnectionGuard(EdgeConnection connection, Runnable onUnreadable) {
    this.connection = connection;
    this.onUnreadable = onUnreadable;
  }

  @Override
  public BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound> shape() {
    return shape;
  }

  /** Stands for "no TLS": Pekko's HTTP layer wants one with each read. */
  private static SSLSession noSession() {
    try {
      return SSLContext.getDefault().createSSLEngine().getSession();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final AsyncCallback<EdgeConnection.Command> commands = createAsyncCallback(this::on);
    private final AsyncCallback<EdgeConnection.Upgrade> upgrades =
        createAsyncCallback(this::upgrade);
    private final AsyncCallback<EdgeSocket> wakes = createAsyncCallback(this::serve);
    private @Nullable ByteString readAhead;
    private @Nullable ByteString unwritten;
    private boolean discarding;

    Logic() {
      super(shape);
      setHandler(fromNet, new FromNet());
      setHandler(toHttp, new ToHttp());
      setHandler(fromHttp, new FromHttp());
      setHandler(toNet, new ToNet());
    }

    @Override
    public void preStart() {
      connection.listen(commands::invoke, upgrades::invoke);
      pull(fromNet);
    }

    @Override
    public void postStop() {
      connection.onClosed();
    }

    private void on(EdgeConnection.Command command) {
      switch (command) {
        case CLOSE -> closeWhenWritten();
        case ABORT -> failStage(new ConnectionEnded());
      }
    }

    /** Pekko's HTTP layer finishes what it writes once its input has ended. */
    private void closeWhenWritten() {
      if (isClosed(toNet)) {
        completeStage();
      } else if (!isClosed(toHttp)) {
        complete(toHttp);
        discard();
      }
    }

    // ---- WebSocket: the HTTP layer is left alone, as if its request were still being answered

    private void upgrade(EdgeConnection.Upgrade to) {
      EdgeSocket socket = to.socket();
      setHandler(fromNet, new FromClient(socket));
      setHandler(toNet, new ToClient(socket));
      setHandler(fromHttp, new Ignored());
      setHandler(toHttp, new Unfed());
      ByteString early = readAhead;
      readAhead = null;
      unwritten = ByteString.fromArrayUnsafe(to.handshake());
      socket.open(() -> wakes.invoke(socket));
      if (early != null) {
        socket.received(early);
      }
      if (isClosed(fromNet) || isClosed(toNet)) {
        completeStage();
      } else {
        serve(socket);
      }
    }

    /** Writes and reads what can be just now, and ends what is done. */
    private void serve(EdgeSocket socket) {
      socket.awake();
      if (isAvailable(toNet)) {
        ByteString next = unwritten == null ? socket.next() : unwritten;
        if (next != null) {
          write(next);
        } else if (socket.done()) {
          completeStage();
          return;
        } else if (socket.failedAndTold() && !isClosed(toNet)) {
          connection.onLingering();
          complete(toNet);
          discard();
        }
      }
      if (!hasBeenPulled(fromNet) && !isClosed(fromNet) && (discarding || socket.mayRead())) {
        pull(fromNet);
      }
    }

    private final class FromClient extends AbstractInHandler {
      private final EdgeSocket socket;

      FromClient(EdgeSocket socket) {
        this.socket = socket;
      }

      @Override
      public void onPush() {
        ByteString bytes = grab(fromNet);
        if (!discarding) {
          socket.received(bytes);
        }
        serve(socket);
      }
    }

    private final class ToClient extends AbstractOutHandler {
      private final EdgeSocket socket;

      ToClient(EdgeSocket socket) {
        this.socket = socket;
      }

      @Override
      public void onPull() {
        connection.onWritten();
        serve(socket);
      }
    }

    private final class Ignored extends AbstractInHandler {
      @Override
      public void onPush() {
        grab(fromHttp);
      }

      @Override
      public void onUpstreamFinish() {}
    }

    private final class Unfed extends AbstractOutHandler {
      @Override
      public void onPull() {}
    }

    // ---- HTTP

    private final class FromNet extends AbstractInHandler {
      @Override
      public void onPush() {
        ByteString bytes = grab(fromNet);
        if (discarding) {
          pull(fromNet);
        } else {
          connection.onBytesIn();
          readAhead = bytes;
          giveReadAhead();
        }
      }

      @Override
      public void onUpstreamFinish() {
        connection.onInputClosed();
        Exchange exchange = connection.current();
        if (isClosed(toNet) || (exchange != null && exchange.sendsOpenEnded())) {
          completeStage();
        } else if (readAhead == null) {
          complete(toHttp);
        }
      }
    }

    private void giveReadAhead() {
      ByteString bytes = readAhead;
      if (bytes != null && isAvailable(toHttp)) {
        readAhead = null;
        connection.onBytesGiven();
        push(toHttp, new SessionBytes(NO_SESSION, bytes));
        if (isClosed(fromNet)) {
          complete(toHttp);
        } else {
          pull(fromNet);
        }
      }
    }

    private final class ToHttp extends AbstractOutHandler {
      @Override
      public void onPull() {
        connection.onBytesWanted();
        giveReadAhead();
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        discard();
      }
    }

    private void discard() {
      discarding = true;
      readAhead = null;
      if (!isClosed(fromNet) && !hasBeenPulled(fromNet)) {
        pull(fromNet);
      }
    }

    private final class FromHttp extends AbstractInHandler {
      @Override
      public void onPush() {
        write(((SendBytes) grab(fromHttp)).bytes());
      }

      @Override
      public void onUpstreamFinish() {
        if (connection.readingHead()) {
          onUnreadable.run();
        }
        if (unwritten == null) {
          httpIsDone();
        }
      }
    }

    private void write(ByteString bytes) {
      ByteString now = bytes;
      if (bytes.size() > WRITE_BYTES_MAX) {
        now = bytes.take(WRITE_BYTES_MAX);
        unwritten = bytes.drop(WRITE_BYTES_MAX);
      } else {
        unwritten = null;
      }
      connection.onWriting();
      push(toNet, now);
    }

    private final class ToNet extends AbstractOutHandler {
      @Override
      public void onPull() {
        connection.onWritten();
        ByteString rest = unwritten;
        if (rest != null) {
          write(rest);
          if (unwritten == null && isClosed(fromHttp)) {
            httpIsDone();
          }
        } else if (!isClosed(fromHttp)) {
          pull(fromHttp);
        }
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        completeStage();
      }
    }

    private void httpIsDone() {
      if (connection.lingers() && !isClosed(fromNet)) {
        connection.onLingering();
        complete(toNet);
        discard();
      } else {
        completeStage();
      }
    }
  }

  /// The clock ended the connection.
  private static final class ConnectionEnded extends RuntimeException {
    private static final long serialVersionUID = 1;

    ConnectionEnded() {
      super("the connection took too long", null, false, false);
    }
  }
}
