package io.holdfast.node.container;

import com.sun.net.httpserver.HttpExchange;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A program on port 8080 whose answers take as long as the test wants.
///
/// `/slow` is answered once released; `/stream` sends "begin", and "end" once released; anything
/// else is answered at once with "quick".
final class SlowProgram implements FakeProgram {
  private final CountDownLatch released = new CountDownLatch(1);
  final Semaphore entered = new Semaphore(0);
  final AtomicInteger signals = new AtomicInteger();

  void release() {
    released.countDown();
  }

  /// Waits until a request to `/slow` or `/stream` is with the container.
  void awaitEntered() {
    try {
      if (!entered.tryAcquire(20, TimeUnit.SECONDS)) {
        throw new AssertionError("no request came");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void start(FakeContainer container) {
    container.listen(ContainerFixture.PORT, this::handle);
    container.onSignal(number -> {
      signals.incrementAndGet();
      container.exit(0);
    });
  }

  private void handle(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/slow" -> {
        entered.release();
        awaitReleased();
        FakeProgram.answer(exchange, "slow");
      }
      case "/stream" -> {
        exchange.sendResponseHeaders(200, 0);
        write(exchange, "begin");
        entered.release();
        awaitReleased();
        write(exchange, "end");
        exchange.close();
      }
      default -> FakeProgram.answer(exchange, "quick");
    }
  }

  private static void write(HttpExchange exchange, String text) throws IOException {
    exchange.getResponseBody().write(text.getBytes(StandardCharsets.US_ASCII));
    exchange.getResponseBody().flush();
  }

  private void awaitReleased() throws IOException {
    try {
      if (!released.await(20, TimeUnit.SECONDS)) {
        throw new IOException("never released");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
