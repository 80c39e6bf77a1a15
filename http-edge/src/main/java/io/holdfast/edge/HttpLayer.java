package io.holdfast.edge;

import java.net.InetSocketAddress;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.Http;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import scala.Option;

/// Pekko's HTTP/1.1 server layer, without the two stages that only cast between its Scala and Java
/// types: every Scala request is a Java request, every response that we make is a Scala one. They
/// cost 2 of 22 µs per request.
///
/// Its log is off: it reports each broken connection with a stack trace; what matters is logged by
/// [Exchange] and [JsonParsingErrorHandler].
final class HttpLayer {
  /// Can be materialized once per connection; the header parser's tables are shared.
  @SuppressWarnings("unchecked")
  static BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed> create(
      ActorSystem<?> system, EdgeConfig config) {
    ServerSettings settings =
        (ServerSettings) PekkoSettings.server(system.settings().config(), config);
    var layer =
        Http.apply(system)
            .serverLayer(
                settings, Option.<InetSocketAddress>empty(), NoLogging.getInstance(), false);
    return (BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed>)
        (BidiFlow<?, ?, ?, ?, ?>) new BidiFlow<>(layer);
  }

  private HttpLayer() {}
}
