package io.holdfast.engine;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What to start, and for whom.
///
/// @param image reference of an image the engine has; 1 to 4,096 printable ASCII characters
/// @param entrypoint program and arguments in place of the image's own; empty = the image's own
/// @param env environment variables on top of the image's own
/// @param labels up to 10 labels of the user; name 1 to 16 bytes, value up to 64, no control
///   characters
/// @param hardDeadline when it is to be killed, whatever it does; kept on the engine for whoever
///   watches it then, and enforced by them
/// @param readOnlyRoot empty = the program can change all its files
/// @param runtime one of [EngineConfig#runtimes()]; empty = [EngineConfig#runtime()]
public record ContainerSpec(
    ContainerOwner owner,
    String image,
    List<String> entrypoint,
    Map<String, String> env,
    InstanceType instanceType,
    Network network,
    Map<String, String> labels,
    Optional<Instant> hardDeadline,
    Optional<ReadOnlyRoot> readOnlyRoot,
    Optional<String> runtime) {
  private static final int IMAGE_LENGTH_MAX = 4_096;
  private static final int LABELS_MAX = 10;

  /// @throws HoldfastException `invalid_argument`, naming what is wrong
  public ContainerSpec {
    checkImage(image);
    entrypoint = List.copyOf(entrypoint);
    entrypoint.forEach(part -> checkText("the entrypoint", part));
    env = Map.copyOf(env);
    env.forEach(ContainerSpec::checkVariable);
    labels = Map.copyOf(labels);
    checkLabels(labels);
  }

  private static void checkImage(String image) {
    boolean printable = image.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    if (image.isEmpty() || image.length() > IMAGE_LENGTH_MAX || !printable) {
      throw invalid(
          "expected an image reference of 1 to 4096 printable ASCII characters, found '%s'"
              .formatted(image));
    }
  }

  private static void checkVariable(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw invalid(
          "expected a name of an environment variable without '=', found '%s'".formatted(name));
    }
    checkText("the name of an environment variable", name);
    checkText("environment variable " + name, value);
  }

  private static void checkText(String what, String value) {
    if (value.indexOf('\0') >= 0) {
      throw invalid("expected no NUL in %s, found one".formatted(what));
    }
  }

  private static void checkLabels(Map<String, String> labels) {
    if (labels.size() > LABELS_MAX) {
      throw invalid("expected at most %d labels, found %d".formatted(LABELS_MAX, labels.size()));
    }
    labels.forEach((name, value) -> {
      checkLabel("label name of 1 to 16 bytes", name, 1, 16);
      checkLabel("label value of at most 64 bytes", value, 0, 64);
    });
  }

  private static void checkLabel(String what, String text, int min, int max) {
    int length = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    if (length < min || length > max || text.chars().anyMatch(Character::isISOControl)) {
      throw invalid("expected a %s without control characters, found '%s'".formatted(what, text));
    }
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_ARGUMENT, message);
  }

  /// A digest over everything but the owner: two starts with the same one ask for the same
  /// container.
  public String fingerprint() {
    List<String> parts =
        new ArrayList<>(List.of("spec", image, instanceType.toString(), network.name()));
    parts.add(Integer.toString(entrypoint.size()));
    parts.addAll(entrypoint);
    hardDeadline.ifPresent(at -> parts.add("deadline " + at.toEpochMilli()));
    readOnlyRoot.ifPresent(root -> {
      parts.addAll(List.of("read-only", Integer.toString(root.writable().size())));
      new TreeMap<>(root.writable())
          .forEach((folder, first) -> parts.addAll(List.of(folder, first.name())));
    });
    runtime.ifPresent(name -> parts.add("runtime " + name));
    for (Map<String, String> map : List.of(env, labels)) {
      parts.add(Integer.toString(map.size()));
      new TreeMap<>(map).forEach((name, value) -> parts.addAll(List.of(name, value)));
    }
    return Digest.hex(32, parts.toArray(String[]::new));
  }

  /// With type `lite` and without internet, unless said otherwise.
  public static Builder of(ContainerOwner owner, String image) {
    return new Builder(owner, image);
  }

  /// Collects the optional parts of a [ContainerSpec].
  public static final class Builder {
    private final ContainerOwner owner;
    private String image;
    private List<String> entrypoint = List.of();
    private Map<String, String> env = Map.of();
    private InstanceType instanceType = InstanceType.LITE;
    private Network network = Network.NONE_OUTSIDE;
    private Map<String, String> labels = Map.of();
    private Optional<Instant> hardDeadline = Optional.empty();
    private Optional<ReadOnlyRoot> readOnlyRoot = Optional.empty();
    private Optional<String> runtime = Optional.empty();

    private Builder(ContainerOwner owner, String image) {
      this.owner = owner;
      this.image = image;
    }

    public Builder image(String reference) {
      this.image = reference;
      return this;
    }

    public Builder entrypoint(List<String> programAndArguments) {
      this.entrypoint = programAndArguments;
      return this;
    }

    public Builder entrypoint(String... programAndArguments) {
      return entrypoint(List.of(programAndArguments));
    }

    public Builder env(Map<String, String> variables) {
      this.env = variables;
      return this;
    }

    public Builder instanceType(InstanceType type) {
      this.instanceType = type;
      return this;
    }

    public Builder network(Network reach) {
      this.network = reach;
      return this;
    }

    public Builder labels(Map<String, String> userLabels) {
      this.labels = userLabels;
      return this;
    }

    public Builder hardDeadline(Instant at) {
      this.hardDeadline = Optional.of(at);
      return this;
    }

    public Builder readOnlyRoot(ReadOnlyRoot root) {
      this.readOnlyRoot = Optional.of(root);
      return this;
    }

    public Builder runtime(String name) {
      this.runtime = Optional.of(name);
      return this;
    }

    /// @throws HoldfastException `invalid_argument`, naming what is wrong
    public ContainerSpec build() {
      return new ContainerSpec(
          owner,
          image,
          entrypoint,
          env,
          instanceType,
          network,
          labels,
          hardDeadline,
          readOnlyRoot,
          runtime);
    }
  }

  /// Without the environment: it may hold secrets.
  @Override
  public String toString() {
    return "ContainerSpec[%s, image %s, %s, %s, env %s]"
        .formatted(owner, image, instanceType.name(), network, new TreeMap<>(env).keySet());
  }
}
