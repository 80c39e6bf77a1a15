package io.holdfast.node.object;

import io.holdfast.node.container.ContainerSupervisor;
import io.holdfast.sdk.ContainerPort;
import io.holdfast.sdk.ContainerSocket;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.InputStream;
import java.io.OutputStream;

/// A port of the container as the object's code sees it.
record TurnContainerPort(Incarnation incarnation, ContainerSupervisor supervisor, int port)
    implements ContainerPort {
  @Override
  public Response fetch(Request request) {
    return TurnStreams.inbound(
        incarnation,
        Unchecked.call(() -> incarnation.yieldForEffect(() -> supervisor.fetch(port, request))));
  }

  @Override
  public ContainerSocket connect() {
    ContainerSocket socket =
        Unchecked.call(() -> incarnation.yieldForEffect(() -> supervisor.connect(port)));
    return new TurnSocket(
        socket,
        TurnStreams.inbound(incarnation, socket.input()),
        TurnStreams.outbound(incarnation, socket.output()));
  }

  private record TurnSocket(ContainerSocket socket, InputStream input, OutputStream output)
      implements ContainerSocket {
    @Override
    public void close() {
      socket.close();
    }
  }
}
