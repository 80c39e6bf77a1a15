package io.holdfast.edge;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.RequestEntityAcceptances;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.Host;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/// Pekko HTTP's settings as they follow from ours.
final class PekkoSettings {
  /// Methods beyond those that Pekko knows; any other gets 501.
  private static final String[] METHODS = {
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "PURGE",
    "LINK",
    "UNLINK"
  };

  static ServerSettings server(Config root, EdgeConfig config) {
    ServerSettings defaults = ServerSettings.create(root);
    ServerSettings.Timeouts timeouts =
        defaults
            .getTimeouts()
            .withRequestTimeout(scala.concurrent.duration.Duration.Zero())
            .withIdleTimeout(scala.concurrent.duration.Duration.Inf());
    return defaults
        .withServerHeader(Optional.empty())
        .withTimeouts(timeouts)
        .withPipeliningLimit(1)
        .withRemoteAddressAttribute(false)
        .withRawRequestUriHeader(true)
        .withTransparentHeadRequests(false)
        .withVerboseErrorMessages(false)
        .withEnableHttp2(false)
        .withDefaultHostHeader(Host.create("localhost"))
        .withParsingErrorHandler(JsonParsingErrorHandler.class.getName())
        .withParserSettings(parser(defaults.getParserSettings(), config));
  }

  private static ParserSettings parser(ParserSettings defaults, EdgeConfig config) {
    return defaults
        .withMaxContentLength(Long.MAX_VALUE)
        .withMaxUriLength(config.uriBytesMax())
        .withMaxHeaderNameLength(Math.min(config.headerBytesMax(), 256))
        .withMaxHeaderValueLength(config.headerBytesMax())
        .withMaxHeaderCount(config.headerCountMax())
        .withMaxChunkSize(config.chunkBytesMax())
        .withModeledHeaderParsing(false)
        .withIllegalHeaderWarnings(false)
        .withUriParsingMode(Uri.RELAXED)
        .withCustomMethods(
            Stream.of(METHODS)
                .map(name ->
                    HttpMethods.custom(name, false, false, RequestEntityAcceptances.Tolerated))
                .toArray(HttpMethod[]::new));
  }

  /// How often the edge's clock looks at deadlines.
  static Duration tick(EdgeConfig config) {
    long shortest =
        Stream.of(
                config.requestTimeout(),
                config.headTimeout(),
                config.idleTimeout(),
                config.stallTimeout(),
                config.waitUntilTimeout(),
                config.webSockets().pingInterval(),
                config.webSockets().pongTimeout(),
                config.webSockets().closeTimeout())
            .mapToLong(Duration::toMillis)
            .min()
            .orElse(1000);
    return Duration.ofMillis(Math.clamp(shortest / 4, 5, 250));
  }

  private PekkoSettings() {}
}
