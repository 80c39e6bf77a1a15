package io.holdfast.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// An HTTP server that writes down what it is asked and gives one answer.
final class FakeNode implements AutoCloseable {
  private final HttpServer server;
  private volatile int status = 200;
  private volatile String answer = "{}";
  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<String> tokens = new CopyOnWriteArrayList<>();

  FakeNode() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  /// Runs a command line with the address of this node and a token.
  ///
  /// @return the exit code
  int run(StringWriter out, StringWriter err, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--url", url(), "--token", "t0ken"));
    return HoldfastCommand.run(
        new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  FakeNode answers(int newStatus, String newAnswer) {
    status = newStatus;
    answer = newAnswer;
    return this;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.add(
          (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body).strip());
      tokens.add(exchange.getRequestHeaders().getFirst("authorization"));
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
