package io.holdfast.node.container;

import io.holdfast.engine.InstanceType;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ContainerEntry;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// [ContainerAdmin] on this node's containers. Thread-safe.
public final class OperatorContainers implements ContainerAdmin {
  private static final Duration START_MAX = Duration.ofMinutes(2);

  private final ContainerHost host;
  private final ObjectGateway gateway;

  public OperatorContainers(ContainerHost host, ObjectGateway gateway) {
    this.host = host;
    this.gateway = gateway;
  }

  @Override
  public List<ContainerEntry> list(Optional<String> app) {
    return host.all().stream()
        .filter(each -> app.isEmpty() || app.get().equals(each.address().namespace().app()))
        .filter(ContainerSupervisor::running)
        .map(this::entry)
        .sorted(ContainerEntry.ORDER)
        .toList();
  }

  private ContainerEntry entry(ContainerSupervisor container) {
    ObjectAddress address = container.address();
    Optional<ContainerRun.Place> place = container.place();
    return new ContainerEntry(
        address.namespace().app(),
        address.namespace().name(),
        address.id().hex(),
        address.id().name(),
        container.state().status().name().toLowerCase(Locale.ROOT),
        container.state().lastChange(),
        place.map(at -> at.facts().image()),
        place.flatMap(at -> at.facts().instanceType()).map(InstanceType::name),
        place.map(at -> at.id().value()),
        host.node());
  }

  @Override
  public void stop(ObjectAddress object) {
    running(object).stop(host.stopGrace());
  }

  @Override
  public void restart(ObjectAddress object) {
    running(object).stop(host.stopGrace());
    byte[] none = "[]".getBytes(StandardCharsets.UTF_8);
    Waits.join(
        gateway.invoke(
            object, new RpcCall("start", RpcCall.Encoding.JSON, none), CallContext.of("operator")),
        START_MAX,
        "container of object " + object + " did not start");
  }

  private ContainerSupervisor running(ObjectAddress object) {
    return host.find(object)
        .filter(ContainerSupervisor::running)
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.CONTAINER_NOT_RUNNING,
                "the container of object " + object + " is not running on this node"));
  }

  @Override
  public InputStream logs(ObjectAddress object, int tailLines, Following following) {
    var running = host.find(object).flatMap(ContainerSupervisor::place).map(ContainerRun.Place::id);
    return switch (following) {
      case NO -> host.logs().tail(object, running, tailLines);
      case YES ->
          running
              .map(id -> host.logs().follow(id, tailLines))
              .orElseGet(() -> host.logs().tail(object, running, tailLines));
    };
  }
}
