package io.holdfast.testkit;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A WebSocket client for tests, on the one of the JDK: what it receives can be asked for in order.
///
/// Every wait has a deadline. Answers pings and close frames by itself.
public final class TestWebSocket implements AutoCloseable {
  private static final Duration WAIT_MAX = Duration.ofSeconds(20);
  private static final int MESSAGES_MAX = 100_000;

  /// How a connection ended.
  ///
  /// @param code 1006 when there was no close frame
  public record Closed(int code, String reason) {}

  private final HttpClient http;
  private final BlockingQueue<Object> received = new LinkedBlockingQueue<>(MESSAGES_MAX);
  private final WebSocket socket;

  private TestWebSocket(URI uri, String... subprotocols) {
    this.http = HttpClient.newHttpClient();
    WebSocket.Builder builder = http.newWebSocketBuilder();
    if (subprotocols.length > 0) {
      builder.subprotocols(subprotocols[0], rest(subprotocols));
    }
    this.socket = await(builder.buildAsync(uri, new Receiver()));
  }

  private static String[] rest(String... all) {
    String[] rest = new String[all.length - 1];
    System.arraycopy(all, 1, rest, 0, rest.length);
    return rest;
  }

  /// Connects; returns once the handshake is done.
  ///
  /// @param uri of scheme `ws`
  public static TestWebSocket connect(URI uri, String... subprotocols) {
    return new TestWebSocket(uri, subprotocols);
  }

  /// The subprotocol that the server chose, empty when none.
  public String subprotocol() {
    return socket.getSubprotocol();
  }

  public TestWebSocket send(String text) {
    await(socket.sendText(text, true));
    return this;
  }

  /// As [#send], unless the connection is closed by then.
  public void sendIfOpen(String text) {
    socket.sendText(text, true).exceptionally(_ -> socket).join();
  }

  public TestWebSocket send(byte[] bytes) {
    await(socket.sendBinary(ByteBuffer.wrap(bytes), true));
    return this;
  }

  /// Begins the close handshake.
  public void close(int code, String reason) {
    await(socket.sendClose(code, reason));
  }

  /// Drops the connection without a close frame.
  public void drop() {
    socket.abort();
  }

  /// The next message, which is a text.
  public String text() {
    return (String) expect(String.class, next());
  }

  /// The next message, which is binary.
  public byte[] binary() {
    return (byte[]) expect(byte[].class, next());
  }

  /// The end of the connection, which is what comes next.
  public Closed closed() {
    return (Closed) expect(Closed.class, next());
  }

  /// Whether nothing comes for that long.
  public boolean isSilentFor(Duration time) {
    try {
      Object early = received.poll(time.toMillis(), TimeUnit.MILLISECONDS);
      return early == null;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Object next() {
    try {
      Object next = received.poll(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
      return next == null ? "nothing within " + WAIT_MAX : next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Object expect(Class<?> type, Object found) {
    if (!type.isInstance(found)) {
      throw new AssertionError("expected " + type.getSimpleName() + ", found " + found);
    }
    return found;
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("expected an end within " + WAIT_MAX + ", found " + e, e);
    }
  }

  @Override
  public void close() {
    socket.abort();
    http.shutdownNow();
  }

  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();
    private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        received.add(text.toString());
        text.setLength(0);
      }
      return WebSocket.Listener.super.onText(from, part, last);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer part, boolean last) {
      byte[] array = new byte[part.remaining()];
      part.get(array);
      bytes.writeBytes(array);
      if (last) {
        received.add(bytes.toByteArray());
        bytes.reset();
      }
      return WebSocket.Listener.super.onBinary(from, part, last);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      received.add(new Closed(code, reason));
      return WebSocket.Listener.super.onClose(from, code, reason);
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      received.add(new Closed(1006, String.valueOf(error.getMessage())));
    }
  }
}
