package io.holdfast.edge;

import io.holdfast.sdk.HoldfastException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line in the log `io.holdfast.audit` per admin request: who, from where, what, on which
/// object, how it ended. JSON, so that no name can break a line.
final class AuditLine {
  private static final Logger LOG = LoggerFactory.getLogger("io.holdfast.audit");
  private static final int TEXT_MAX = 1200;

  private final Map<String, String> fields = new LinkedHashMap<>();
  private final long startNanos = System.nanoTime();

  AuditLine(Exchange exchange) {
    fields.put("time", Instant.now().toString());
    fields.put("request", exchange.requestId());
    fields.put("who", "unknown");
    fields.put("peer", exchange.peer());
    fields.put("action", exchange.head().method() + " " + exchange.head().path());
  }

  /// The token was right.
  void authorized() {
    fields.put("who", "admin-token");
  }

  /// What is asked for.
  void action(AdminRequest request) {
    action(request.verb().action(), request.namespace(), request.name(), request.parameters());
  }

  /// What is asked for.
  ///
  /// @param namespace empty when it is about none; so is the object
  void action(String action, String namespace, String object, Map<String, String> parameters) {
    fields.put("action", action);
    fields.put("namespace", namespace);
    fields.put("object", object);
    parameters.forEach((name, value) -> fields.put("with." + name, value));
  }

  void done() {
    write("ok");
  }

  void refused(HoldfastException refusal) {
    write(refusal.code().code());
  }

  void failed(Exception failure) {
    write("failed: " + failure);
  }

  private void write(String outcome) {
    fields.put("outcome", outcome);
    fields.put("ms", Long.toString((System.nanoTime() - startNanos) / 1_000_000));
    StringBuilder line = new StringBuilder(256);
    fields.forEach((name, value) -> {
      line.append(line.isEmpty() ? "{" : ",");
      JsonText.append(line, name);
      line.append(':');
      JsonText.append(line, shown(value));
    });
    LOG.info(line.append('}').toString());
  }

  private static String shown(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX) + "…";
  }
}
