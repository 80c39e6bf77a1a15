package io.holdfast.node.container;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ContainerConfig;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Instance;
import io.holdfast.sdk.StartOptions;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// Makes of the app descriptor and the options of a start what the engine is asked for.
final class ContainerSpecs {
  private final AppCatalog apps;
  private final InstantSource clock;
  private final String region;

  ContainerSpecs(AppCatalog apps, InstantSource clock, String region) {
    this.apps = apps;
    this.clock = clock;
    this.region = region;
  }

  /// Whether a container can be made of these options.
  ///
  /// @throws HoldfastException `invalid_argument`
  void check(ObjectAddress address, StartOptions options) {
    ContainerConfig config = config(address);
    var _ = instanceType(config, options);
    if (isReadOnly(config, options) && options.containerSnapshot().isPresent()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a writable root for the snapshot of a container, found a read-only one; directories can be restored into it");
    }
  }

  /// How large a container a start with these options asks for.
  InstanceType instanceType(ObjectAddress address, StartOptions options) {
    return instanceType(config(address), options);
  }

  /// Whether its program can change only some folders.
  boolean isReadOnly(ObjectAddress address, StartOptions options) {
    return isReadOnly(config(address), options);
  }

  private static boolean isReadOnly(ContainerConfig config, StartOptions options) {
    return options.readOnlyRoot().orElse(config.readOnlyRoot());
  }

  ContainerSpec.Builder of(
      ObjectAddress address, ContainerOwner owner, StartOptions options, Network network) {
    ContainerConfig config = config(address);
    Map<String, String> env = new HashMap<>(environment(address, owner));
    env.putAll(options.env());
    ContainerSpec.Builder spec =
        ContainerSpec.of(owner, options.image().map(config::reference).orElseGet(config::image))
            .entrypoint(options.entrypoint().orElse(List.of()))
            .env(env)
            .instanceType(instanceType(config, options))
            .network(network)
            .labels(options.labels());
    options.hardTimeout().ifPresent(after -> spec.hardDeadline(clock.instant().plus(after)));
    options.runtime().or(config::runtime).ifPresent(spec::runtime);
    return spec;
  }

  /// The image of an object's class, which a start may replace by another.
  String image(ObjectAddress address) {
    return config(address).image();
  }

  private ContainerConfig config(ObjectAddress address) {
    return apps.objectClass(address.namespace())
        .container()
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.WRONG_STATE, "namespace " + address.namespace() + " has no container"));
  }

  private static InstanceType instanceType(ContainerConfig config, StartOptions options) {
    return options.instance().map(ContainerSpecs::instanceType).orElse(config.instanceType());
  }

  private static InstanceType instanceType(Instance instance) {
    return instance
        .type()
        .map(InstanceType::of)
        .orElseGet(() ->
            new InstanceType("custom", instance.vcpu(), instance.memoryMib(), instance.diskMb()));
  }

  /** What every container is told of itself. */
  private Map<String, String> environment(ObjectAddress address, ContainerOwner owner) {
    return Map.of(
        "CLOUDFLARE_APPLICATION_ID",
        address.namespace().toString(),
        "CLOUDFLARE_DURABLE_OBJECT_ID",
        address.id().hex(),
        "CLOUDFLARE_DEPLOYMENT_ID",
        startId(owner).toString(),
        "CLOUDFLARE_LOCATION",
        region,
        "CLOUDFLARE_REGION",
        region,
        "CLOUDFLARE_COUNTRY_A2",
        "XX");
  }

  /** Of this one start: its owner's epoch never repeats. */
  private static UUID startId(ContainerOwner owner) {
    String text =
        String.join("/", owner.app(), owner.namespace(), owner.objectId(), owner.node())
            + "/"
            + owner.epoch();
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
