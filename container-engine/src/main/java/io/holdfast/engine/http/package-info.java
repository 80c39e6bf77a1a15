/// HTTP/1.1 towards containers and the world: streaming both ways, pooled connections, nothing done
/// behind one's back.
///
/// No redirects are followed, no cookies kept, nothing decompressed or cached; blocking, for
/// virtual threads.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | a request to a container's port | [ContainerHttpClient] |
/// | a request to any http or https URL | [HttpFetcher] |
/// | one request and its answer, retry on a dead connection | [HttpExchange] |
/// | which headers pass | [HeaderRules] |
/// | connections and their reuse | [LinePools], [LinePool], [HttpLine] |
/// | WebSockets | [SocketLine], [FrameQueue] |
/// | bodies | [BodyPump] out, [ResponseStream] in |
@NullMarked
package io.holdfast.engine.http;

import org.jspecify.annotations.NullMarked;
