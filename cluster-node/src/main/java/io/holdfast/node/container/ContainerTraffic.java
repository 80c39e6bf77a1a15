package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// What is in flight to a container: requests, their responses, WebSockets. Thread-safe.
final class ContainerTraffic {
  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerOrders orders;
  private final ContainerPause pause;

  ContainerTraffic(
      ContainerCell cell,
      ContainerIdleness idleness,
      ContainerOrders orders,
      ContainerPause pause) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
    this.orders = orders;
    this.pause = pause;
  }

  /// See [ContainerSupervisor#fetch].
  Response fetch(int port, Request request) {
    ContainerRun used = enter();
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            leave(used);
          }
        };
    try {
      pause.awaken(used);
      Response response = host.http().fetch(cell.endpoint(used, port), request);
      if (response.webSocket().isPresent()) {
        return relayed(used, response, response.webSocket().get(), leave);
      }
      if (response.body().buffered().isPresent()) {
        leave.run();
        return response;
      }
      return response.withBody(CountedBody.of(response.body(), leave));
    } catch (RuntimeException | Error e) {
      if (e instanceof HoldfastException fault
          && fault.code() == ErrorCode.CONTAINER_NOT_LISTENING) {
        used.ready = false;
      }
      leave.run();
      throw e;
    }
  }

  /** An open WebSocket is in flight. */
  private Response relayed(ContainerRun used, Response response, WebSocket socket, Runnable leave) {
    SocketRelay relay = SocketRelay.of(socket, leave, host.timer());
    synchronized (cell) {
      used.sockets.removeIf(SocketRelay::isOver);
      used.sockets.add(relay);
    }
    return Response.webSocket(relay.socket()).withHeaders(response.headers());
  }

  private ContainerRun enter() {
    synchronized (cell) {
      ContainerRun used = cell.run;
      if (used == null || cell.state == State.STOPPING) {
        throw cell.notRunning();
      }
      if (cell.state == State.STOPPED) {
        throw used.neverRan() ? failureOf(used) : cell.notRunning();
      }
      used.inFlight++;
      used.endWhenUnused = false;
      idleness.touch();
      return used;
    }
  }

  private HoldfastException failureOf(ContainerRun of) {
    return of.launched.exceptionNow() instanceof HoldfastException known
        ? known
        : cell.notRunning();
  }

  private void leave(ContainerRun used) {
    synchronized (cell) {
      used.inFlight--;
      idleness.touch();
      if (used.inFlight == 0) {
        cell.notifyAll();
        idleness.watch();
        if (used.endWhenUnused && used.isUnused()) {
          orders.order(Event.DESTROY_ORDERED, Duration.ZERO, () -> cell.run == used);
        }
      }
    }
  }
}
