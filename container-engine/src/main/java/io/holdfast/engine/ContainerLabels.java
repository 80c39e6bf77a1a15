package io.holdfast.engine;

import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The labels by which Holdfast finds its containers again. Their names are stored on engines:
/// never change them.
public final class ContainerLabels {
  public static final String DEPLOYMENT = "io.holdfast.deployment";
  public static final String APP = "io.holdfast.app";
  public static final String NAMESPACE = "io.holdfast.namespace";
  public static final String OBJECT = "io.holdfast.object";
  public static final String NODE = "io.holdfast.node";
  public static final String EPOCH = "io.holdfast.epoch";

  /// [ContainerSpec#fingerprint()] of what was asked for.
  public static final String SPEC = "io.holdfast.spec";

  /// [ContainerSpec#hardDeadline()], in milliseconds since the epoch.
  public static final String DEADLINE = "io.holdfast.deadline";

  /// The reference of the image that was asked for.
  public static final String IMAGE = "io.holdfast.image";

  /// [InstanceType#label()] of what was asked for.
  public static final String SIZE = "io.holdfast.size";

  /// The name of the [Network] it was started in.
  public static final String NETWORK = "io.holdfast.network";

  /// The address of a container that lives in a prepared network; Docker tells none of these.
  public static final String ADDRESS = "io.holdfast.address";

  /// On containers that hold a prepared network open, in place of [#DEPLOYMENT]: they belong to no
  /// object.
  public static final String SLOT = "io.holdfast.slot";

  /// Who made a prepared network.
  public static final String SLOT_MAKER = "io.holdfast.slot.maker";

  /// Before the names that users give their labels; so they cannot replace ours.
  public static final String USER_PREFIX = "io.holdfast.user.";

  private ContainerLabels() {}

  public static Map<String, String> of(Deployment deployment, ContainerSpec spec) {
    ContainerOwner owner = spec.owner();
    Map<String, String> labels = new LinkedHashMap<>();
    spec.labels().forEach((name, value) -> labels.put(USER_PREFIX + name, value));
    labels.put(DEPLOYMENT, deployment.id());
    labels.put(APP, owner.app());
    labels.put(NAMESPACE, owner.namespace());
    labels.put(OBJECT, owner.objectId());
    labels.put(NODE, owner.node());
    labels.put(EPOCH, Long.toString(owner.epoch()));
    labels.put(SPEC, spec.fingerprint());
    labels.put(IMAGE, spec.image());
    spec.hardDeadline().ifPresent(at -> labels.put(DEADLINE, Long.toString(at.toEpochMilli())));
    labels.put(SIZE, spec.instanceType().label());
    labels.put(NETWORK, spec.network().name());
    return labels;
  }

  /// The owner that the labels name; empty when one is missing or cannot be read.
  public static Optional<ContainerOwner> owner(Map<String, String> labels) {
    try {
      return Optional.of(
          new ContainerOwner(
              labels.getOrDefault(APP, ""),
              labels.getOrDefault(NAMESPACE, ""),
              labels.getOrDefault(OBJECT, ""),
              labels.getOrDefault(NODE, ""),
              epoch(labels.get(EPOCH))));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// The instance type that the labels name; empty when there is none, as before this label was
  /// given.
  public static Optional<InstanceType> size(Map<String, String> labels) {
    return Optional.ofNullable(labels.get(SIZE)).flatMap(InstanceType::ofLabel);
  }

  /// The network that the labels name; empty when there is none, as before this label was given.
  public static Optional<Network> network(Map<String, String> labels) {
    return Arrays.stream(Network.values())
        .filter(network -> network.name().equals(labels.get(NETWORK)))
        .findFirst();
  }

  private static long epoch(@Nullable String text) {
    return text == null ? -1 : Long.parseLong(text);
  }

  /// The labels of the user.
  public static Map<String, String> ofUser(Map<String, String> labels) {
    Map<String, String> own = new LinkedHashMap<>();
    labels.forEach((name, value) -> {
      if (name.startsWith(USER_PREFIX)) {
        own.put(name.substring(USER_PREFIX.length()), value);
      }
    });
    return own;
  }

  /// When it is to be killed; empty when never, or when that cannot be read.
  public static Optional<Instant> hardDeadline(Map<String, String> labels) {
    try {
      return Optional.ofNullable(labels.get(DEADLINE))
          .map(Long::valueOf)
          .map(Instant::ofEpochMilli);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /// Whether a container with these labels is what this specification asks for, down to the epoch.
  public static boolean match(Map<String, String> labels, ContainerSpec spec) {
    return owner(labels).filter(spec.owner()::equals).isPresent()
        && spec.fingerprint().equals(labels.get(SPEC));
  }
}
