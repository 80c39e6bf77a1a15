package io.holdfast.edge;

import com.typesafe.config.Config;
import java.time.Duration;

/// The effective configuration of the edge; `reference.conf` says what each key means.
public record EdgeConfig(
    String host,
    int port,
    int backlog,
    int connectionsMax,
    int requestsInFlightMax,
    long bodyBytesMax,
    int rpcBytesMax,
    int chunkBytesMax,
    int uriBytesMax,
    int headerBytesMax,
    int headerCountMax,
    Duration requestTimeout,
    Duration headTimeout,
    Duration idleTimeout,
    Duration stallTimeout,
    Duration waitUntilTimeout,
    int waitUntilTasksMax,
    Forwarded forwarded,
    MetricsAccess metricsAccess,
    SocketLimits webSockets,
    AccessLogConfig accessLog) {

  /// Whose word counts for the client's address.
  public enum Forwarded {
    TRUSTED,
    REMOVED
  }

  /// Who may read `/metrics`.
  public enum MetricsAccess {
    ANYONE,
    TOKEN
  }

  /// The access log.
  ///
  /// @param queueMax lines that wait to be written
  public record AccessLogConfig(Mode mode, QueryValues queryValues, int queueMax) {
    public enum Mode {
      OFF,
      LOGFMT,
      JSON
    }

    public enum QueryValues {
      SHOWN,
      HIDDEN
    }
  }

  /// Reads `holdfast.edge`.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid`, naming the key
  public static EdgeConfig from(Config root) {
    ConfigReader edge = ConfigReader.at(root, "holdfast.edge");
    Duration shortest = Duration.ofMillis(10);
    Duration day = Duration.ofHours(24);
    return new EdgeConfig(
        edge.text("host"),
        edge.integer("port", 0, 65_535),
        edge.integer("backlog", 1, 65_535),
        edge.integer("connections-max", 1, 1_000_000),
        edge.integer("requests-in-flight-max", 1, 1_000_000),
        edge.bytes("body-bytes-max", 0, 1L << 40),
        (int) edge.bytes("rpc-bytes-max", 0, 1 << 30),
        (int) edge.bytes("chunk-bytes-max", 1 << 10, 64 << 20),
        (int) edge.bytes("uri-bytes-max", 64, 1 << 20),
        (int) edge.bytes("header-bytes-max", 256, 1 << 20),
        edge.integer("header-count-max", 4, 10_000),
        edge.duration("request-timeout", shortest, day),
        edge.duration("head-timeout", shortest, Duration.ofMinutes(10)),
        edge.duration("idle-timeout", shortest, day),
        edge.duration("stall-timeout", shortest, day),
        edge.duration("wait-until-timeout", shortest, Duration.ofHours(1)),
        edge.integer("wait-until-tasks-max", 1, 1_000_000),
        edge.flag("trust-forwarded") ? Forwarded.TRUSTED : Forwarded.REMOVED,
        edge.flag("metrics-need-token") ? MetricsAccess.TOKEN : MetricsAccess.ANYONE,
        SocketLimits.from(edge),
        accessLog(edge));
  }

  private static AccessLogConfig accessLog(ConfigReader edge) {
    String format = edge.oneOf("access-log.format", "logfmt", "json");
    AccessLogConfig.Mode on =
        format.equals("json") ? AccessLogConfig.Mode.JSON : AccessLogConfig.Mode.LOGFMT;
    return new AccessLogConfig(
        edge.flag("access-log.enabled") ? on : AccessLogConfig.Mode.OFF,
        edge.flag("access-log.query-values")
            ? AccessLogConfig.QueryValues.SHOWN
            : AccessLogConfig.QueryValues.HIDDEN,
        edge.integer("access-log.queue-max", 16, 1_000_000));
  }
}
