package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamingTest {
  private static final int MB = 1 << 20;

  private final EdgeFixture edge = new EdgeFixture();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private void worker(Worker worker) {
    edge.app("app", worker, "/*").start();
  }

  /// `length` bytes without holding them; counts what was read and knows when it was closed.
  private static final class Zeros extends InputStream {
    final AtomicLong left;
    final AtomicBoolean closed = new AtomicBoolean();

    Zeros(long length) {
      left = new AtomicLong(length);
    }

    @Override
    public int read() {
      throw new AssertionError("expected reads of blocks");
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      int count = (int) Math.min(length, left.get());
      Arrays.fill(into, offset, offset + count, (byte) 0);
      left.addAndGet(-count);
      return count == 0 ? -1 : count;
    }

    @Override
    public void close() {
      closed.set(true);
    }
  }

  /// Gives the lines it is fed, one per read, and blocks in between.
  private static final class Feed extends InputStream {
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public int read() {
      throw new AssertionError("expected reads of blocks");
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      try {
        byte[] line = FakeGateway.utf8(lines.take());
        System.arraycopy(line, 0, into, offset, line.length);
        return line.length == 0 ? -1 : line.length;
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void close() {
      closed.countDown();
    }

    boolean closes() throws InterruptedException {
      return closed.await(10, TimeUnit.SECONDS);
    }
  }

  private static HttpRequest.BodyPublisher zeros(long length) {
    HttpRequest.BodyPublisher chunked =
        HttpRequest.BodyPublishers.ofInputStream(() -> new Zeros(length));
    return HttpRequest.BodyPublishers.fromPublisher(chunked, length);
  }

  @Test
  void receives50MbWithoutHoldingThem() throws Exception {
    worker((request, _, _) -> Response.text(Long.toString(drain(request.body().stream()))));
    HttpResponse<String> known = edge.send(edge.request("/").POST(zeros(50L * MB)));
    assertThat(known.body()).isEqualTo(Long.toString(50L * MB));
    HttpResponse<String> chunked =
        edge.send(
            edge.request("/")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new Zeros(50L * MB))));
    assertThat(chunked.body()).isEqualTo(Long.toString(50L * MB));
  }

  private static long drain(InputStream stream) throws IOException {
    byte[] block = new byte[8192];
    long sum = 0;
    for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
      sum += count;
    }
    return sum;
  }

  @Test
  void holdsTheSenderBackWhenTheWorkerDoesNotRead() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    worker((request, _, _) -> {
      InputStream stream = request.body().stream();
      stream.read();
      go.await();
      return Response.text(Long.toString(1 + drain(stream)));
    });
    Zeros source = new Zeros(50L * MB);
    HttpRequest.BodyPublisher body =
        HttpRequest.BodyPublishers.fromPublisher(
            HttpRequest.BodyPublishers.ofInputStream(() -> source), 50L * MB);
    CompletableFuture<HttpResponse<String>> response =
        edge.client.sendAsync(
            edge.request("/").POST(body).build(), HttpResponse.BodyHandlers.ofString());
    long left = awaitStandstill(source.left);
    // Kernel buffers, PREFETCH network reads and the client's own take some.
    assertThat(left).isGreaterThan(30L * MB);
    go.countDown();
    assertThat(response.get(20, TimeUnit.SECONDS).body()).isEqualTo(Long.toString(50L * MB));
  }

  /** Waits until the value has been the same for 300 ms. */
  private static long awaitStandstill(AtomicLong value) {
    AtomicLong last = new AtomicLong(value.get());
    AtomicLong since = new AtomicLong(System.nanoTime());
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> {
          long now = value.get();
          if (now != last.getAndSet(now)) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > 300_000_000L;
        });
    return last.get();
  }

  @Test
  void sends50MbOfKnownAndUnknownLength() throws Exception {
    worker((request, _, _) -> {
      Zeros zeros = new Zeros(50L * MB);
      return Response.of(
          200,
          Headers.empty(),
          request.path().equals("/known") ? Body.of(zeros, 50L * MB) : Body.of(zeros));
    });
    assertThat(download("/known")).isEqualTo(50L * MB);
    assertThat(download("/unknown")).isEqualTo(50L * MB);
  }

  private long download(String path) throws Exception {
    HttpResponse<InputStream> response =
        edge.client.send(edge.request(path).build(), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      return drain(body);
    }
  }

  @Test
  void readsNoFurtherThanTheClientTakes() throws Exception {
    Zeros zeros = new Zeros(200L * MB);
    worker((_, _, _) -> Response.of(200, Headers.empty(), Body.of(zeros)));
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      assertThat(awaitStandstill(zeros.left)).isGreaterThan(150L * MB);
    }
    await().atMost(10, TimeUnit.SECONDS).untilTrue(zeros.closed);
  }

  @Test
  void echoesWhileTheRequestIsStillBeingSent() throws Exception {
    worker((request, _, _) -> Response.of(200, Headers.empty(), request.body()));
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("5\r\nhello\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 200");
      assertThat(client.line() + client.line()).isEqualTo("5hello");
      client.send("5\r\nagain\r\n0\r\n\r\n");
      assertThat(client.rest()).isEqualTo("5\r\nagain\r\n0\r\n\r\n");
    }
  }

  @Test
  void echoes20MbBothWaysAtOnce() throws Exception {
    worker((request, _, _) -> Response.of(200, Headers.empty(), request.body()));
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + 20 * MB + "\r\n\r\n");
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(() -> sendZeros(client, 20), Thread::startVirtualThread);
      assertThat(client.head()).startsWith("HTTP/1.1 200");
      assertThat(client.read(20 * MB)).hasSize(20 * MB);
      sent.get(10, TimeUnit.SECONDS);
    }
  }

  private static void sendZeros(RawClient client, int megabytes) {
    try {
      for (int i = 0; i < megabytes; i++) {
        client.send(new byte[MB]);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void sendsEachEventAtOnce() throws Exception {
    Feed feed = new Feed();
    worker((_, _, _) ->
        Response.of(200, Headers.of("content-type", "text/event-stream"), Body.of(feed)));
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head()).contains("Transfer-Encoding: chunked\r\n");
      for (int i = 0; i < 20; i++) {
        feed.lines.add("data: " + i + "\n\n");
        client.line();
        assertThat(client.line()).isEqualTo("data: " + i);
        client.line();
        client.line();
      }
      feed.lines.add("");
      assertThat(client.line()).isEqualTo("0");
    }
    assertThat(feed.closes()).isTrue();
  }

  @Test
  void closesTheStreamOfAClientThatLeftThoughNothingIsSent() throws Exception {
    Feed feed = new Feed();
    worker((_, _, _) -> Response.of(200, Headers.empty(), Body.of(feed)));
    RawClient client = edge.raw();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
    client.close();
    assertThat(feed.closes()).isTrue();
    awaitQuiet();
  }

  @Test
  void closesTheStreamAfterAReset() throws Exception {
    Feed feed = new Feed();
    worker((_, _, _) -> Response.of(200, Headers.empty(), Body.of(feed, 100)));
    RawClient client = edge.raw();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
    client.reset();
    assertThat(feed.closes()).isTrue();
    awaitQuiet();
  }

  @Test
  void closesTheStreamOfAResponseThatComesAfterItsClientLeft() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    CountDownLatch working = new CountDownLatch(1);
    Feed feed = new Feed();
    worker((_, _, _) -> {
      working.countDown();
      left.await();
      return Response.of(200, Headers.empty(), Body.of(feed));
    });
    RawClient client = edge.raw();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
    client.reset();
    await().atMost(10, TimeUnit.SECONDS).until(() -> gauge("holdfast_edge_connections") == 0);
    left.countDown();
    assertThat(feed.closes()).isTrue();
    awaitQuiet();
  }

  @Test
  void closesTheStreamForHeadAndForStatusesWithoutBody() throws Exception {
    Feed head = new Feed();
    Feed notModified = new Feed();
    worker((request, _, _) ->
        request.method().equals("HEAD")
            ? Response.of(200, Headers.empty(), Body.of(head))
            : Response.of(304, Headers.empty(), Body.of(notModified, 9)));
    edge.send(edge.request("/").method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.closes()).isTrue();
    edge.get("/");
    assertThat(notModified.closes()).isTrue();
  }

  @Test
  void breaksTheConnectionWhenTheBodyFailsInTheMiddle() throws Exception {
    worker((request, _, _) -> {
      InputStream failing =
          new ByteArrayInputStream(new byte[10]) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
              int count = super.read(into, offset, length);
              if (count < 0) {
                throw new IllegalStateException("secret");
              }
              return count;
            }
          };
      boolean known = request.path().equals("/known");
      return Response.of(200, Headers.empty(), known ? Body.of(failing, 20) : Body.of(failing));
    });
    assertThatThrownBy(() -> edge.get("/known")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> edge.get("/unknown")).isInstanceOf(IOException.class);
  }

  @Test
  void breaksTheConnectionWhenTheBodyIsShorterThanSaid() {
    worker((_, _, _) ->
        Response.of(200, Headers.empty(), Body.of(new ByteArrayInputStream(new byte[5]), 10)));
    assertThatThrownBy(() -> edge.get("/")).isInstanceOf(IOException.class);
  }

  @Test
  void tellsTheReaderWhenTheClientBreaksOff() throws Exception {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    worker((request, _, _) -> {
      try {
        drain(request.body().stream());
      } catch (IOException e) {
        failure.complete(e);
        throw e;
      }
      return Response.text("?");
    });
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc");
    }
    assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    awaitQuiet();
  }

  @Test
  void invitesTheBodyOnlyWhenTheWorkerReadsIt() throws Exception {
    worker((request, _, _) ->
        Response.text(request.path().equals("/no") ? "no" : request.body().text()));
    try (RawClient client = edge.raw()) {
      client.send(
          "POST /yes HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 100");
      client.send("abc");
      assertThat(client.head()).startsWith("HTTP/1.1 200");
      assertThat(client.read(3)).isEqualTo("abc");
      client.send(
          "POST /no HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 200").contains("Connection: close");
      assertThat(client.rest()).isEqualTo("no");
    }
  }

  @Test
  void keepsTheConnectionWhenAShortBodyIsLeftUnread() throws Exception {
    worker((request, _, _) -> Response.text("ignored " + request.path()));
    try (RawClient client = edge.raw()) {
      client.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n");
      client.send("x".repeat(20_000));
      client.send("x".repeat(20_000));
      client.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head()).doesNotContain("close");
      assertThat(client.read(10)).isEqualTo("ignored /1");
      client.head();
      assertThat(client.read(10)).isEqualTo("ignored /2");
    }
  }

  @Test
  void doesNotWaitForeverForTheRestOfAShortBody() throws Exception {
    worker((_, _, _) -> Response.text("answer"));
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\nabc");
      assertThat(client.head()).contains("Connection: close");
      assertThat(client.rest()).isEqualTo("answer");
    }
  }

  @Test
  void answersEarlyAndStillReachesAClientThatGoesOnSending() throws Exception {
    worker((_, _, _) -> Response.text(403, "no thanks"));
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n");
      byte[] block = new byte[100_000];
      for (int i = 0; i < 100; i++) {
        client.send(block);
      }
      assertThat(client.head()).startsWith("HTTP/1.1 403").contains("Connection: close");
      assertThat(client.rest()).isEqualTo("no thanks");
    }
    awaitQuiet();
  }

  @Test
  void closingTheRequestBodyEarlyStillGivesTheResponse() throws Exception {
    worker((request, _, _) -> {
      try (InputStream stream = request.body().stream()) {
        return Response.text("saw " + stream.readNBytes(5).length);
      }
    });
    HttpResponse<String> response = edge.send(edge.request("/").POST(zeros(1_000_000)));
    assertThat(response.body()).isEqualTo("saw 5");
  }

  @Test
  void streamsForHttp10UntilTheEnd() throws Exception {
    Feed feed = new Feed();
    worker((_, _, _) -> Response.of(200, Headers.empty(), Body.of(feed)));
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.0\r\n\r\n");
      assertThat(client.head()).doesNotContain("chunked");
      feed.lines.add("one");
      assertThat(client.read(3)).isEqualTo("one");
      feed.lines.add("two");
      feed.lines.add("");
      assertThat(client.rest()).isEqualTo("two");
    }
  }

  private double gauge(String name) {
    return Metrics.value(edge.registry, name);
  }

  private void awaitQuiet() {
    await()
        .atMost(10, TimeUnit.SECONDS)
        .untilAsserted(() -> {
          assertThat(gauge("holdfast_edge_requests_in_flight")).isZero();
          assertThat(gauge("holdfast_edge_connections")).isZero();
        });
  }
}
