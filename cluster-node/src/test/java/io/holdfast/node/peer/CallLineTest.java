package io.holdfast.node.peer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.peer.CallLine.Frame;
import io.holdfast.node.peer.CallLine.Kind;
import io.holdfast.node.tls.NodeTls;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Frames between two nodes, over a real connection.
class CallLineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final PeerServer server = new PeerServer("127.0.0.1", 0, tls());
  private final PeerClient client = new PeerClient(tls());
  private final Side caller = new Side();
  private final Side called = new Side();
  private final CompletableFuture<String> callerName = new CompletableFuture<>();

  /// How the nodes talk.
  Optional<NodeTls> tls() {
    return Optional.empty();
  }

  @AfterEach
  void close() {
    called.blocks.countDown();
    client.close();
    server.close();
  }

  /** What one node hears. */
  private static final class Side implements CallLine.Listener {
    private final CompletableFuture<CallLine> line = new CompletableFuture<>();
    private final CompletableFuture<List<Frame>> unsent = new CompletableFuture<>();
    private final Queue<Frame> received = new ConcurrentLinkedQueue<>();
    private final CountDownLatch blocks = new CountDownLatch(1);
    private volatile boolean isStuck;

    /** Blocks until the line is over. */
    void run(PeerLine connection) throws IOException {
      CallLine own = new CallLine(connection, this);
      line.complete(own);
      own.run();
    }

    CallLine line() {
      return line.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    List<Frame> unsent() {
      return unsent.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    void awaitReceived(int count) {
      Awaitility.await().atMost(PATIENCE).until(() -> received.size() >= count);
    }

    @Override
    public void received(Frame frame, CallLine on) {
      received.add(frame);
      if (isStuck) {
        try {
          blocks.await();
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void ended(CallLine on, List<Frame> left) {
      unsent.complete(left);
    }
  }

  /** Where the called side takes calls. */
  private RemoteRef taker() {
    return server.offer((name, connection) -> {
      callerName.complete(name);
      called.run(connection);
    });
  }

  private void connect() {
    client.call(taker(), "caller", caller::run);
  }

  /** How many calls were accepted; their ids begin with 0. */
  private static int callUntilRefused(CallLine line) {
    int accepted = 0;
    while (line.send(call(accepted, 32 << 10))) {
      accepted++;
    }
    return accepted;
  }

  private static Frame call(long id, int bytes) {
    return new Frame(Kind.CALL, id, new byte[bytes]);
  }

  @Test
  void aCallAndItsAnswerArriveAsTheyWereSent() {
    connect();
    assertThat(caller.line().send(new Frame(Kind.CALL, 7, "ask".getBytes(UTF_8)))).isTrue();
    called.awaitReceived(1);
    assertThat(callerName).isCompletedWithValue("caller");
    Frame call = called.received.remove();
    assertThat(call.kind()).isEqualTo(Kind.CALL);
    assertThat(call.id()).isEqualTo(7);
    assertThat(call.bytes()).asString(UTF_8).isEqualTo("ask");
    byte[] answer = new byte[3 << 20];
    Arrays.fill(answer, (byte) 3);
    assertThat(called.line().send(new Frame(Kind.ANSWER, 7, answer))).isTrue();
    caller.awaitReceived(1);
    assertThat(caller.received.remove().bytes()).isEqualTo(answer);
  }

  @Test
  void whatOneThreadSendsArrivesInItsOrderWhileOthersSendToo() throws Exception {
    connect();
    int threads = 8;
    int each = 3_000;
    CallLine line = caller.line();
    List<Thread> senders = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      long first = (long) thread * each;
      senders.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int number = 0; number < each; number++) {
                  assertThat(line.send(call(first + number, number % 200))).isTrue();
                }
              }));
    }
    for (Thread sender : senders) {
      sender.join();
    }
    called.awaitReceived(threads * each);
    long[] next = new long[threads];
    for (Frame frame : called.received) {
      int thread = (int) (frame.id() / each);
      assertThat(frame.id() % each).as("of thread %d", thread).isEqualTo(next[thread]++);
      assertThat(frame.bytes()).hasSize((int) (frame.id() % each) % 200);
    }
    assertThat(next).containsOnly(each);
  }

  @Test
  void whoDoesNotReadHoldsUpNoSenderAndIsCalledNoMoreAtSomePoint() {
    called.isStuck = true;
    connect();
    CallLine line = caller.line();
    int accepted = callUntilRefused(line);
    assertThat(accepted).isGreaterThan(100);
    assertThat(line.isOpen()).isTrue();
    assertThat(line.send(new Frame(Kind.GONE, 1))).as("no call").isTrue();
    called.isStuck = false;
    called.blocks.countDown();
    called.awaitReceived(accepted + 1);
    Awaitility.await("there is room again")
        .atMost(PATIENCE)
        .until(() -> line.send(call(0, 32 << 10)));
  }

  @Test
  void ofWhatWasSentOnALineThatBreaksAllIsReceivedOrToldOfButWhatWasOnItsWay() {
    called.isStuck = true;
    connect();
    CallLine line = caller.line();
    int accepted = callUntilRefused(line);
    called.line().close();
    Set<Long> unsent = new HashSet<>();
    caller.unsent().forEach(frame -> assertThat(unsent.add(frame.id())).isTrue());
    assertThat(unsent).isNotEmpty().doesNotContain(0L);
    assertThat(line.send(call(accepted, 1))).isFalse();
    // They are the last ones: nothing was sent behind a frame that was not.
    for (long id = accepted - unsent.size(); id < accepted; id++) {
      assertThat(unsent).contains(id);
    }
  }

  @Test
  void aCallThatIsTooLargeIsRefusedAndAnAnswerIsNot() {
    connect();
    assertThat(caller.line().send(call(1, 300 << 10))).isFalse();
    assertThat(called.line().send(new Frame(Kind.ANSWER, 1, new byte[300 << 10]))).isTrue();
    caller.awaitReceived(1);
  }

  @Test
  void whatIsNoFrameEndsTheLine() throws Exception {
    CompletableFuture<PeerLine> raw = new CompletableFuture<>();
    client.call(
        taker(),
        "stranger",
        connection -> {
          connection.out().write(new byte[] {99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
          connection.out().write(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
          connection.out().flush();
          assertThat(connection.in().read()).isEqualTo(-1);
          raw.complete(connection);
        });
    assertThat(called.unsent()).isEmpty();
    assertThat(called.received).isEmpty();
    assertThat(called.line().isOpen()).isFalse();
    assertThat(raw.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
  }
}
