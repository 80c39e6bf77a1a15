package io.holdfast.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// What runs in a [FakeContainer]: its `main`. It sets ports and reactions up and returns; the
/// container runs on until it exits.
@FunctionalInterface
public interface FakeProgram {
  void start(FakeContainer container);

  /// Listens on the port and answers every request with 200 and the text.
  static FakeProgram serving(int port, String text) {
    return serving(port, exchange -> answer(exchange, text));
  }

  /// Listens on the port and answers every request by the handler.
  static FakeProgram serving(int port, HttpHandler handler) {
    return container -> container.listen(port, handler);
  }

  /// Ends at once.
  static FakeProgram exiting(int code) {
    return container -> container.exit(code);
  }

  /// Answers 200 with the text and closes the exchange.
  static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
