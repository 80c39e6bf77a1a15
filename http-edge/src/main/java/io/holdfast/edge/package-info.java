/// HTTP in: connections, routes to Workers, the service API for callers without a Worker, health
/// and metrics.
///
/// The edge knows HTTP; it meets the node only through [io.holdfast.protocol.ObjectGateway] and the
/// values of [EdgeServices]. A request goes `ConnectionGuard` (bytes) -> Pekko HTTP ->
/// `ExchangeStage` -> `RequestHandler` -> a Worker on a virtual thread, the service API or an
/// operator endpoint -> `Exchange` -> back.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | starting and stopping | [EdgeServer], [EdgeConfig], [EdgeServices] |
/// | which app gets a request | [EdgeApp], [Route], [RouteTable] |
/// | running a Worker | `WorkerHost`, `WaitUntilTasks` |
/// | `/v1/objects/…` | `ServiceApi`, `ObjectPath`, [BearerToken] |
/// | `/admin/v1/…` | `AdminApi`, `AdminRequest`, `NodeApi`, `AuditLine`, [AdminServices] |
/// | `/healthz`, `/readyz`, `/metrics` | `OperatorEndpoints`, [ReadinessCheck], `EdgeMetrics` |
/// | Pekko's HTTP values to ours and back | `RequestReader`, `ResponseWriter`, `RequestBodyStream`, `ResponseBodySource` |
/// | one connection | `EdgeConnection`, `ConnectionGuard`, `HttpLayer`, `ExchangeStage` |
/// | WebSockets | `UpgradeRequest`, `EdgeSocket`, `SocketOutput`, [SocketLimits] |
/// | what clients see when it goes wrong | `ErrorReply`, [JsonParsingErrorHandler] |
@NullMarked
package io.holdfast.edge;

import org.jspecify.annotations.NullMarked;
