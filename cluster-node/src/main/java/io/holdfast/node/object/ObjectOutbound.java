package io.holdfast.node.object;

import io.holdfast.node.container.ContainerSupervisor;
import io.holdfast.node.container.Outbound;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundRef;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.OutboundRules.Intercept;
import io.holdfast.sdk.OutboundRules.Scheme;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the container of an object may reach, in the object's own database: what was said at the
/// last start, and what was changed since. Turn.
final class ObjectOutbound {
  private static final String ROW = "outbound";

  private ObjectOutbound() {}

  static Optional<Outbound> stored(ObjectDatabase database) {
    return database.row(RuntimeTable.CONTAINER, ROW).map(ObjectOutbound::decode);
  }

  /// Of a container that the node has taken over, nobody else knows what it may reach.
  static void tellAgain(Incarnation incarnation) {
    ContainerSupervisor supervisor =
        incarnation.services().containers().supervisor(incarnation.address());
    if (supervisor.awaitsOutbound()) {
      supervisor.outboundAgain(
          stored(incarnation.database()).orElseGet(() -> Outbound.internet(false)));
    }
  }

  /// Durable with the writes of the turn.
  static void store(Incarnation incarnation, Outbound outbound) {
    if (!stored(incarnation.database()).equals(Optional.of(outbound))) {
      incarnation.books().putRow(RuntimeTable.CONTAINER, ROW, encode(outbound));
    }
  }

  private static byte[] encode(Outbound outbound) {
    return RowBytes.written(out -> {
      OutboundConfig config = outbound.config();
      out.writeBoolean(config.enableInternet());
      writeHosts(out, config.allowedHosts());
      writeHosts(out, Optional.of(config.deniedHosts()));
      out.writeBoolean(config.interceptHttps());
      OutboundRules rules = outbound.rules();
      writeHosts(out, rules.allowedHosts());
      writeHosts(out, rules.deniedHosts());
      out.writeInt(rules.byHost().size());
      for (Map.Entry<String, OutboundRef> each : rules.byHost().entrySet()) {
        out.text(each.getKey());
        writeRef(out, each.getValue());
      }
      out.writeBoolean(rules.catchAll().isPresent());
      if (rules.catchAll().isPresent()) {
        writeRef(out, rules.catchAll().get());
      }
      out.writeInt(rules.intercepts().size());
      for (Intercept each : rules.intercepts()) {
        out.writeBoolean(each.scheme() == Scheme.HTTPS);
        out.text(each.host());
        writeRef(out, each.handler());
      }
    });
  }

  private static void writeHosts(RowBytes.Out out, Optional<List<String>> hosts)
      throws IOException {
    out.writeInt(hosts.map(List::size).orElse(-1));
    for (String host : hosts.orElse(List.of())) {
      out.text(host);
    }
  }

  private static void writeRef(RowBytes.Out out, OutboundRef ref) throws IOException {
    out.text(ref.handler());
    out.writeInt(ref.params().size());
    for (Map.Entry<String, String> each : ref.params().entrySet()) {
      out.text(each.getKey());
      out.text(each.getValue());
    }
  }

  private static Outbound decode(byte[] row) {
    return RowBytes.read(
        "what a container may reach",
        row,
        in -> {
          boolean internet = in.readBoolean();
          Optional<List<String>> allowed = readHosts(in);
          List<String> denied = readHosts(in).orElse(List.of());
          OutboundConfig config = new OutboundConfig(internet, allowed, denied, in.readBoolean());
          return new Outbound(config, readRules(in));
        });
  }

  private static OutboundRules readRules(RowBytes.In in) throws IOException {
    Optional<List<String>> allowed = readHosts(in);
    Optional<List<String>> denied = readHosts(in);
    Map<String, OutboundRef> byHost = new LinkedHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      byHost.put(in.text(), readRef(in));
    }
    Optional<OutboundRef> catchAll = in.readBoolean() ? Optional.of(readRef(in)) : Optional.empty();
    List<Intercept> intercepts = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      Scheme scheme = in.readBoolean() ? Scheme.HTTPS : Scheme.HTTP;
      intercepts.add(new Intercept(scheme, in.text(), readRef(in)));
    }
    return new OutboundRules(allowed, denied, byHost, catchAll, intercepts);
  }

  private static Optional<List<String>> readHosts(RowBytes.In in) throws IOException {
    int count = in.readInt();
    if (count < 0) {
      return Optional.empty();
    }
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      hosts.add(in.text());
    }
    return Optional.of(hosts);
  }

  private static OutboundRef readRef(RowBytes.In in) throws IOException {
    String handler = in.text();
    Map<String, String> params = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      params.put(in.text(), in.text());
    }
    return new OutboundRef(handler, params);
  }
}
