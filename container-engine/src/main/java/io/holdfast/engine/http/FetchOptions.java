package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import java.time.Duration;

/// Limits of one request.
///
/// @param connectTimeout for a new connection
/// @param readTimeout longest silence of the other side before or within its answer, while nothing
///   is being sent to it
public record FetchOptions(Duration connectTimeout, Duration readTimeout) {
  public static FetchOptions of(HttpConfig config) {
    return new FetchOptions(config.connectTimeout(), config.readTimeout());
  }

  public FetchOptions withReadTimeout(Duration newTimeout) {
    return new FetchOptions(connectTimeout, newTimeout);
  }
}
