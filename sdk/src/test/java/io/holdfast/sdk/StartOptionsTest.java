package io.holdfast.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StartOptionsTest {
  private static final StartOptions ALL =
      StartOptions.DEFAULT
          .entrypoint("/app", "serve")
          .env(Map.of("COLOR", "red"))
          .enableInternet(true)
          .labels(Map.of("team", "a"))
          .image("small")
          .instance("standard-1")
          .hardTimeout(Duration.ofHours(1))
          .readOnlyRoot(true)
          .runtime("runsc");

  @Test
  void changesOneOptionAndKeepsTheOthers() {
    StartOptions changed = ALL.instance(2, 4_096, 8_000);
    assertThat(changed.instance()).contains(Instance.custom(2, 4_096, 8_000));
    assertThat(changed.instance("standard-1")).isEqualTo(ALL);
    assertThat(ALL.entrypoint()).contains(List.of("/app", "serve"));
    assertThat(ALL.hardTimeout()).contains(Duration.ofHours(1));
  }

  @Test
  void hasNoInternetUnlessAskedFor() {
    assertThat(StartOptions.DEFAULT.enableInternet()).isFalse();
    assertThat(ALL.enableInternet()).isTrue();
    assertThat(ALL.enableInternet(false).enableInternet()).isFalse();
  }

  @Test
  void takesFromOthersOnlyWhatIsEmpty() {
    StartOptions some = StartOptions.DEFAULT.env(Map.of("A", "1")).enableInternet(false);
    StartOptions merged = some.orElse(ALL);
    assertThat(merged).isEqualTo(ALL.env(Map.of("A", "1")).enableInternet(false));
    assertThat(StartOptions.DEFAULT.orElse(ALL)).isEqualTo(ALL);
    assertThat(ALL.orElse(some)).isEqualTo(ALL);
  }

  private static final ContainerSnapshot WHOLE =
      new ContainerSnapshot("a".repeat(32), 7, Optional.of("before"));
  private static final DirectorySnapshot DATA =
      new DirectorySnapshot("b".repeat(32), 7, "/data", Optional.empty());

  @Test
  void takesTheImageAndTheSnapshotThatHasOneAsOneOption() {
    StartOptions from = StartOptions.DEFAULT.containerSnapshot(WHOLE);
    assertThat(from.orElse(ALL).image()).isEmpty();
    assertThat(from.orElse(ALL).containerSnapshot()).contains(WHOLE);
    assertThat(ALL.orElse(from)).isEqualTo(ALL);
    assertThat(StartOptions.DEFAULT.orElse(from)).isEqualTo(from);
  }

  @Test
  void putsSnapshotsOfDirectoriesWhereTheyWereOrElsewhere() {
    StartOptions both =
        StartOptions.DEFAULT.directorySnapshot(DATA).directorySnapshot(DATA, "/b/c");
    assertThat(both.directorySnapshots()).isEqualTo(Map.of("/data", DATA, "/b/c", DATA));
    assertThat(StartOptions.DEFAULT.orElse(both)).isEqualTo(both);
  }

  private static StartOptions manyDirectories() {
    StartOptions options = ALL;
    for (int i = 0; i < 17; i++) {
      options = options.directorySnapshot(DATA, "/" + i);
    }
    return options;
  }

  static Stream<Supplier<Object>> wrong() {
    return Stream.of(
        () -> ALL.env(Map.of("A=B", "1")),
        () -> ALL.env(Map.of("", "1")),
        () -> ALL.env(Map.of("A", "\0")),
        () -> ALL.labels(Map.of("a-name-of-17-byte", "")),
        () -> ALL.labels(Map.of("a", "x".repeat(65))),
        () -> ALL.labels(Map.of("a", "\n")),
        () -> ALL.image(""),
        () -> ALL.image("a b"),
        () -> ALL.image("ä"),
        () -> ALL.image("a".repeat(4_097)),
        () -> ALL.containerSnapshot(WHOLE),
        () -> ALL.directorySnapshot(DATA, "/"),
        () -> ALL.directorySnapshot(DATA, "data"),
        () -> ALL.directorySnapshot(DATA, "/a/../b"),
        () -> ALL.directorySnapshot(DATA, "/a/"),
        () -> manyDirectories(),
        () -> ALL.instance(0, 512, 1_000),
        () -> ALL.instance(1, 15, 1_000),
        () -> ALL.instance(1, 512, 0),
        () -> ALL.runtime(""),
        () -> ALL.runtime("/bin/sh"),
        () -> ALL.runtime("a".repeat(101)),
        () -> ALL.hardTimeout(Duration.ZERO),
        () -> ALL.hardTimeout(Duration.ofSeconds(-1)),
        () -> ALL.hardTimeout(Duration.ofDays(4_000)));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void refusesWhatIsOutOfRange(Supplier<Object> change) {
    assertThatThrownBy(change::get)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageStartingWith("expected ");
  }

  @Test
  void takesImagesUpToTheLongest() {
    assertThat(ALL.image("a".repeat(4_096)).image().orElseThrow()).hasSize(4_096);
  }
}
