package io.holdfast.engine;

import java.time.Duration;

/// The settings under `holdfast.engine.http`; `reference.conf` explains each.
public record HttpConfig(
    Duration connectTimeout,
    Duration readTimeout,
    int connectionsPerEndpointMax,
    Duration keepAlive,
    int bufferedBodyBytesMax,
    int headerLineBytesMax,
    int headerLinesMax) {

  static HttpConfig of(ConfigReader engine) {
    return new HttpConfig(
        engine.duration("http.connect-timeout", Duration.ofMillis(10), Duration.ofMinutes(1)),
        engine.duration("http.read-timeout", Duration.ofSeconds(1), Duration.ofHours(24)),
        engine.integer("http.connections-per-endpoint-max", 1, 65_535),
        engine.duration("http.keep-alive", Duration.ofSeconds(1), Duration.ofHours(1)),
        (int) engine.bytes("http.buffered-body-max", 0, 16 << 20),
        (int) engine.bytes("http.header-line-max", 1024, 1 << 20),
        engine.integer("http.header-lines-max", 10, 10_000));
  }
}
