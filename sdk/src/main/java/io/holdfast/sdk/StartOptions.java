package io.holdfast.sdk;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// How a container is started; what is left empty comes from the [Container]'s fields, the app
/// descriptor and the image. Begin with [#DEFAULT] and change what is to be different:
/// `StartOptions.DEFAULT.env(Map.of("COLOR", "red")).hardTimeout(Duration.ofHours(1))`. New options
/// may come with each release, so do not call the constructor.
///
/// @param entrypoint the program and its arguments, in place of the image's
/// @param env environment variables; names without `=` and NUL
/// @param internet whether the container may reach the internet; empty means no, for a [Container]
///   its `enableInternet`
/// @param labels up to 10 labels for metrics: names of 1 to 16 bytes, values up to 64 bytes, no
///   control characters
/// @param image one of the descriptor's `images` by its name, else a reference as the engine knows
///   it; 1 to 4,096 printable ASCII characters
/// @param instance how much of the machine it may use
/// @param hardTimeout how long after its start it is killed, whatever it does; above 0, up to 10
///   years
/// @param containerSnapshot the file system it begins with, and the image that belongs to it; then
///   `image` is empty
/// @param readOnlyRoot whether the program can change nothing but the persistent paths of the app
///   descriptor and the directories it begins with, and `/tmp` and `/run` in memory
/// @param runtime the OCI runtime, such as `runsc`: one that the operator permits; 1 to 100
///   letters, digits, `.`, `_`, `-`
/// @param directorySnapshots directories it begins with, by their place in it, up to 16; they take
///   the place of what is there
public record StartOptions(
    Optional<List<String>> entrypoint,
    Map<String, String> env,
    Optional<Boolean> internet,
    Map<String, String> labels,
    Optional<String> image,
    Optional<Instance> instance,
    Optional<Duration> hardTimeout,
    Optional<ContainerSnapshot> containerSnapshot,
    Map<String, DirectorySnapshot> directorySnapshots,
    Optional<Boolean> readOnlyRoot,
    Optional<String> runtime) {
  /// Nothing but the defaults.
  public static final StartOptions DEFAULT = new Draft().done();

  private static final int IMAGE_LENGTH_MAX = 4_096;
  private static final int DIRECTORIES_MAX = 16;
  private static final Pattern RUNTIME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
  private static final Duration HARD_TIMEOUT_MAX = Duration.ofDays(3_650);

  public StartOptions {
    entrypoint = entrypoint.map(List::copyOf);
    env = copy(env);
    labels = copy(labels);
    directorySnapshots = copy(directorySnapshots);
    env.forEach(StartOptions::checkEnv);
    checkLabels(labels);
    image.ifPresent(StartOptions::checkImage);
    hardTimeout.ifPresent(StartOptions::checkHardTimeout);
    runtime.ifPresent(StartOptions::checkRuntime);
    if (containerSnapshot.isPresent() && image.isPresent()) {
      throw invalid("an image or a snapshot of a container", "both");
    }
    if (directorySnapshots.size() > DIRECTORIES_MAX) {
      throw invalid("at most 16 snapshots of directories", directorySnapshots.size() + " of them");
    }
    directorySnapshots.keySet().forEach(DirectorySnapshot::checkDirectory);
  }

  /// What a caller from outside leaves out is empty.
  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Map.copyOf(Objects.requireNonNullElse(map, Map.of()));
  }

  public StartOptions entrypoint(String... command) {
    return with(draft -> draft.entrypoint = Optional.of(List.of(command)));
  }

  public StartOptions env(Map<String, String> variables) {
    return with(draft -> draft.env = variables);
  }

  public StartOptions enableInternet(boolean enabled) {
    return with(draft -> draft.internet = Optional.of(enabled));
  }

  public StartOptions labels(Map<String, String> newLabels) {
    return with(draft -> draft.labels = newLabels);
  }

  public StartOptions image(String nameOrReference) {
    return with(draft -> draft.image = Optional.of(nameOrReference));
  }

  /// A named type, such as `standard-1`.
  public StartOptions instance(String type) {
    return with(draft -> draft.instance = Optional.of(Instance.named(type)));
  }

  /// A size of one's own, see [Instance].
  public StartOptions instance(double vcpu, int memoryMib, int diskMb) {
    return with(draft -> draft.instance = Optional.of(Instance.custom(vcpu, memoryMib, diskMb)));
  }

  public StartOptions hardTimeout(Duration sinceStart) {
    return with(draft -> draft.hardTimeout = Optional.of(sinceStart));
  }

  /// Keeps the program from changing its files, but for the persistent paths of the app descriptor,
  /// the directories it begins with, and `/tmp` and `/run`, which are in memory.
  public StartOptions readOnlyRoot(boolean isReadOnly) {
    return with(draft -> draft.readOnlyRoot = Optional.of(isReadOnly));
  }

  /// An OCI runtime by its name, such as `runsc`.
  public StartOptions runtime(String name) {
    return with(draft -> draft.runtime = Optional.of(name));
  }

  /// Begins with the file system of that snapshot, and nothing that was kept of earlier runs.
  public StartOptions containerSnapshot(ContainerSnapshot snapshot) {
    return with(draft -> draft.containerSnapshot = Optional.of(snapshot));
  }

  /// Begins with that directory where it was.
  public StartOptions directorySnapshot(DirectorySnapshot snapshot) {
    return directorySnapshot(snapshot, snapshot.directory());
  }

  /// Begins with that directory in another place, an absolute path but not `/`.
  public StartOptions directorySnapshot(DirectorySnapshot snapshot, String directory) {
    Map<String, DirectorySnapshot> all = new HashMap<>(directorySnapshots);
    all.put(directory, snapshot);
    return with(draft -> draft.directorySnapshots = all);
  }

  /// Whether the container may reach the internet: only when that was said.
  public boolean enableInternet() {
    return internet.orElse(false);
  }

  /// These options, and where they are empty those of `others`. An environment, labels and
  /// snapshots of directories are each taken whole from one of the two; an image and a snapshot of
  /// a container are one option here.
  public StartOptions orElse(StartOptions others) {
    return others.with(draft -> {
      draft.entrypoint = entrypoint.or(others::entrypoint);
      draft.env = env.isEmpty() ? others.env : env;
      draft.internet = internet.or(others::internet);
      draft.labels = labels.isEmpty() ? others.labels : labels;
      boolean base = image.isPresent() || containerSnapshot.isPresent();
      draft.image = base ? image : others.image;
      draft.containerSnapshot = base ? containerSnapshot : others.containerSnapshot;
      draft.directorySnapshots =
          directorySnapshots.isEmpty() ? others.directorySnapshots : directorySnapshots;
      draft.instance = instance.or(others::instance);
      draft.hardTimeout = hardTimeout.or(others::hardTimeout);
      draft.readOnlyRoot = readOnlyRoot.or(others::readOnlyRoot);
      draft.runtime = runtime.or(others::runtime);
    });
  }

  private StartOptions with(Consumer<Draft> change) {
    Draft draft = new Draft();
    draft.entrypoint = entrypoint;
    draft.env = env;
    draft.internet = internet;
    draft.labels = labels;
    draft.image = image;
    draft.instance = instance;
    draft.hardTimeout = hardTimeout;
    draft.containerSnapshot = containerSnapshot;
    draft.directorySnapshots = directorySnapshots;
    draft.readOnlyRoot = readOnlyRoot;
    draft.runtime = runtime;
    change.accept(draft);
    return draft.done();
  }

  /// The options while one of them is changed: the only place that knows their order.
  private static final class Draft {
    private Optional<List<String>> entrypoint = Optional.empty();
    private Map<String, String> env = Map.of();
    private Optional<Boolean> internet = Optional.empty();
    private Map<String, String> labels = Map.of();
    private Optional<String> image = Optional.empty();
    private Optional<Instance> instance = Optional.empty();
    private Optional<Duration> hardTimeout = Optional.empty();
    private Optional<ContainerSnapshot> containerSnapshot = Optional.empty();
    private Map<String, DirectorySnapshot> directorySnapshots = Map.of();
    private Optional<Boolean> readOnlyRoot = Optional.empty();
    private Optional<String> runtime = Optional.empty();

    StartOptions done() {
      return new StartOptions(
          entrypoint,
          env,
          internet,
          labels,
          image,
          instance,
          hardTimeout,
          containerSnapshot,
          directorySnapshots,
          readOnlyRoot,
          runtime);
    }
  }

  private static void checkImage(String image) {
    boolean printable = image.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    if (image.isEmpty() || image.length() > IMAGE_LENGTH_MAX || !printable) {
      throw invalid(
          "an image of 1 to 4096 printable ASCII characters",
          image.length() > 100 ? image.length() + " characters" : "'" + image + "'");
    }
  }

  private static void checkRuntime(String name) {
    if (!RUNTIME.matcher(name).matches()) {
      throw invalid(
          "a runtime of 1 to 100 letters, digits, '.', '_', '-'",
          name.length() > 100 ? name.length() + " characters" : "'" + name + "'");
    }
  }

  private static void checkHardTimeout(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative() || timeout.compareTo(HARD_TIMEOUT_MAX) > 0) {
      throw invalid("a hard timeout above 0, up to 10 years", timeout.toString());
    }
  }

  /// Checks labels as [ContainerHandle#setLabels] and a start take them.
  ///
  /// @throws HoldfastException `invalid_argument`
  static void checkLabels(Map<String, String> labels) {
    if (labels.size() > 10) {
      throw invalid("at most 10 labels", labels.size() + " labels");
    }
    labels.forEach(StartOptions::checkLabel);
  }

  static void checkEnv(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
      throw invalid("an environment variable name without '=' and NUL", "'" + name + "'");
    }
    if (value.indexOf('\0') >= 0) {
      throw invalid("a value without NUL for environment variable '" + name + "'", "one with NUL");
    }
  }

  private static void checkLabel(String name, String value) {
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    int valueBytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes < 1 || nameBytes > 16) {
      throw invalid("a label name of 1 to 16 bytes", nameBytes + " bytes in '" + name + "'");
    }
    if (valueBytes > 64) {
      throw invalid(
          "a label value of at most 64 bytes", valueBytes + " bytes in label '" + name + "'");
    }
    if ((name + value).chars().anyMatch(Character::isISOControl)) {
      throw invalid("a label without control characters", "one in label '" + name + "'");
    }
  }

  private static HoldfastException invalid(String expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "expected " + expected + ", found " + found);
  }
}
