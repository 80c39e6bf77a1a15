/// What edge, engine and node share of WebSockets; app authors do not need it.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | the two ends of a connection inside the runtime | [SocketEnd], [SocketReceiver], [SocketMessage] |
/// | an end in the hands of an app | [PairedSocket] |
/// | RFC 6455 on the wire | [FrameDecoder], [FrameEncoder], [FrameException], [CloseCodes], [Handshake] |
@NullMarked
package io.holdfast.sdk.spi.socket;

import org.jspecify.annotations.NullMarked;
