package io.holdfast.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.node.tls.NodeTls;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Streams and WebSockets between two nodes, over real connections.
class PeerStreamsTest {
  private final PeerServer server = new PeerServer("127.0.0.1", 0, tls());
  private final PeerClient client = new PeerClient(tls());

  /// How the nodes talk.
  Optional<NodeTls> tls() {
    return Optional.empty();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  /** Tells when it is closed. */
  private static final class Watched extends FilterInputStream {
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    Watched(InputStream in) {
      super(in);
    }

    @Override
    public void close() throws IOException {
      closed.complete(null);
      super.close();
    }

    void awaitClosed() {
      closed.orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void streamsOfAnySizeArriveOneAfterTheOtherOnOneConnection() throws IOException {
    for (int size : new int[] {0, 1, 32 << 10, (32 << 10) + 1, 1_000_000}) {
      byte[] bytes = new byte[size];
      new Random(size).nextBytes(bytes);
      Watched offered = new Watched(new ByteArrayInputStream(bytes));
      try (InputStream in = client.stream(server.offer(offered))) {
        assertThat(in.readAllBytes()).isEqualTo(bytes);
        assertThat(in.read()).isEqualTo(-1);
      }
      offered.awaitClosed();
    }
  }

  @Test
  void aStreamIsReadAsItComes() throws IOException {
    PipedOutputStream source = new PipedOutputStream();
    InputStream in = client.stream(server.offer(new PipedInputStream(source)));
    source.write(7);
    source.flush();
    assertThat(in.read()).isEqualTo(7);
    assertThat(in.available()).isZero();
    source.write(8);
    source.close();
    assertThat(in.readAllBytes()).containsExactly(8);
  }

  @Test
  void whoReadsNoFurtherClosesTheSource() throws IOException {
    Watched endless =
        new Watched(
            new InputStream() {
              @Override
              public int read() {
                return 1;
              }
            });
    InputStream in = client.stream(server.offer(endless));
    assertThat(in.read()).isEqualTo(1);
    in.close();
    endless.awaitClosed();
    assertThatThrownBy(in::read).isInstanceOf(IOException.class);
  }

  @Test
  void aStreamThatIsNeverReadIsClosedAtItsSource() throws IOException {
    Watched offered = new Watched(new ByteArrayInputStream(new byte[10]));
    client.stream(server.offer(offered)).close();
    offered.awaitClosed();
  }

  @Test
  void whatTheSourceThrowsIsToldToTheReader() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    assertThatThrownBy(() -> client.stream(server.offer(broken)).read())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the disk is gone");
  }

  @Test
  void anOfferIsTakenOnce() throws IOException {
    RemoteRef ref = server.offer(new ByteArrayInputStream(new byte[] {5}));
    assertThat(client.stream(ref).readAllBytes()).containsExactly(5);
    assertThatThrownBy(() -> client.stream(ref).read()).hasMessageContaining("not there any more");
    assertThatThrownBy(
            () -> client.stream(new RemoteRef(server.address(), UUID.randomUUID())).read())
        .hasMessageContaining("not there any more");
  }

  @Test
  void aNodeThatIsGoneBreaksItsStreamsOff() throws IOException {
    InputStream in = client.stream(server.offer(new PipedInputStream(new PipedOutputStream())));
    CompletableFuture<Throwable> broken = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            int _ = in.read();
          } catch (IOException e) {
            broken.complete(e);
          }
        });
    Awaitility.await().pollDelay(Duration.ofMillis(50)).until(() -> true);
    server.close();
    assertThat(broken.orTimeout(10, TimeUnit.SECONDS).join()).hasMessageContaining("broke off");
    try (ServerSocket nobody = new ServerSocket(0)) {
      int port = nobody.getLocalPort();
      nobody.close();
      RemoteRef gone = new RemoteRef(new PeerAddress("127.0.0.1", port), UUID.randomUUID());
      assertThatThrownBy(() -> client.stream(gone).read()).isInstanceOf(IOException.class);
    }
  }

  /** One side of a WebSocket. */
  private static final class Side implements SocketReceiver {
    private final LinkedBlockingQueue<SocketMessage> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private volatile boolean takes = true;

    @Override
    public void message(SocketMessage message, Runnable taken) {
      boolean takesThis = takes;
      heard.add(message);
      if (takesThis) {
        taken.run();
      }
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      closed.complete(code + " " + reason + " " + clean);
    }

    String awaitText() throws InterruptedException {
      return heard.poll(10, TimeUnit.SECONDS) instanceof SocketMessage.Text(String text)
          ? text
          : "nothing";
    }
  }

  @Test
  void aWebSocketPassesMessagesAndItsEndBothWays() throws InterruptedException {
    SocketEnd there = SocketEnd.open();
    SocketEnd here = SocketEnd.open();
    client.connect(server.offer(there), here);
    Side object = new Side();
    Side edge = new Side();
    there.other().attach(object);
    here.other().attach(edge);

    AtomicInteger taken = new AtomicInteger();
    object.takes = false;
    here.other().send(new SocketMessage.Text("grüß dich"), taken::incrementAndGet);
    assertThat(object.awaitText()).isEqualTo("grüß dich");
    assertThat(taken).as("told through when the object takes it").hasValue(0);
    object.takes = true;
    there.other().send(new SocketMessage.Binary(new byte[] {1, 2}), taken::incrementAndGet);
    assertThat(edge.heard.poll(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            SocketMessage.Binary.class, binary -> assertThat(binary.bytes()).containsExactly(1, 2));
    Awaitility.await().untilAsserted(() -> assertThat(taken).hasValue(1));

    here.other().close(4001, "bye", true);
    assertThat(object.closed.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo("4001 bye true");
    there.other().close(4001, "", true);
    assertThat(edge.closed.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo("4001  true");
  }

  @Test
  void aWebSocketOfANodeThatIsGoneIsClosedAbnormally() {
    SocketEnd there = SocketEnd.open();
    SocketEnd here = SocketEnd.open();
    client.connect(server.offer(there), here);
    Side object = new Side();
    Side edge = new Side();
    there.other().attach(object);
    here.other().attach(edge);
    here.other().send(new SocketMessage.Text("x"), () -> {});
    Awaitility.await().until(() -> !object.heard.isEmpty());
    server.close();
    assertThat(edge.closed.orTimeout(10, TimeUnit.SECONDS).join())
        .startsWith(CloseCodes.ABNORMAL + " ");
    assertThat(object.closed.orTimeout(10, TimeUnit.SECONDS).join())
        .startsWith(CloseCodes.ABNORMAL + " ");
  }
}
