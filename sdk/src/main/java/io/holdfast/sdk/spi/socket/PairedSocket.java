package io.holdfast.sdk.spi.socket;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.WebSocket;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// An end of a connection in the hands of an app. Whoever accepts it takes the end out, once; the
/// app may go on using this one, which then does as the accepted socket does.
public final class PairedSocket implements WebSocket {
  private final SocketEnd end;
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile @Nullable WebSocket accepted;

  public PairedSocket(SocketEnd end) {
    this.end = end;
  }

  /// The end of a socket of an app.
  ///
  /// @throws HoldfastException `wrong_state` when it was taken before, or is no end of a pair
  public static SocketEnd take(WebSocket socket) {
    if (socket instanceof PairedSocket paired && paired.taken.compareAndSet(false, true)) {
      return paired.end;
    }
    throw new HoldfastException(
        ErrorCode.WRONG_STATE,
        "expected an end of a WebSocketPair that was neither accepted nor sent in a response, found"
            + " one that was");
  }

  /// Lets go of a socket that nobody will use: its other side sees it closed with 1006.
  public static void abandon(WebSocket socket) {
    if (socket instanceof PairedSocket paired && paired.taken.compareAndSet(false, true)) {
      paired.end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    }
  }

  /// From now on the app's calls go to this one.
  public void bind(WebSocket as) {
    accepted = as;
  }

  /// What the app's calls go to.
  ///
  /// @throws HoldfastException `wrong_state` before [#bind]
  public WebSocket accepted() {
    WebSocket known = accepted;
    if (known == null) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "You must call acceptWebSocket() on this WebSocket before sending messages.");
    }
    return known;
  }

  @Override
  public void send(String text) {
    accepted().send(text);
  }

  @Override
  public void send(byte[] bytes) {
    accepted().send(bytes);
  }

  @Override
  public void close(int code, String reason) {
    accepted().close(code, reason);
  }

  @Override
  public void serializeAttachment(Object value) {
    accepted().serializeAttachment(value);
  }

  @Override
  public <T> Optional<T> deserializeAttachment(Class<T> type) {
    return accepted().deserializeAttachment(type);
  }

  @Override
  public boolean isOpen() {
    return accepted().isOpen();
  }
}
