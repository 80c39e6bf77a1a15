package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.metering.UsageReports;
import io.holdfast.protocol.admin.UsageReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Containers of type lite (256 MiB, 2 GB), whose clock a test moves.
class ContainerMeteringTest {
  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void pass(Duration time) {
    fixture.clockOffsetMillis.addAndGet(time.toMillis());
  }

  private UsageReport.Containers used() {
    return new UsageReports(
            fixture.usage, () -> Instant.now().plusMillis(fixture.clockOffsetMillis.get()))
            .usage(Optional.of("test"), Optional.of(java.time.LocalDate.EPOCH), Optional.empty())
            .days()
            .stream()
            .map(UsageReport.Day::containers)
            .reduce((a, b) ->
                new UsageReport.Containers(
                    a.starts() + b.starts(),
                    a.seconds() + b.seconds(),
                    a.vcpuSeconds() + b.vcpuSeconds(),
                    a.memoryGibSeconds() + b.memoryGibSeconds(),
                    a.diskGbSeconds() + b.diskGbSeconds(),
                    a.egressBytes() + b.egressBytes()))
            .orElseThrow(() -> new AssertionError("expected some usage, found none"));
  }

  @Test
  void countsFromTheStartToTheEndWithTheLastReadingBeforeAStop() {
    run(fixture.box());
    fixture.boxContainer().uses(3_000_000, 5_000);
    pass(Duration.ofHours(1));
    fixture.box().stop(ContainerFixture.GRACE);
    fixture.awaitGone("box", "a");
    pass(Duration.ofHours(5));
    UsageReport.Containers used = used();
    assertThat(used.starts()).isEqualTo(1);
    assertThat(used.seconds()).isBetween(3_600.0, 3_660.0);
    assertThat(used.memoryGibSeconds()).isBetween(900.0, 915.0);
    assertThat(used.diskGbSeconds()).isBetween(7_200.0, 7_320.0);
    assertThat(used.vcpuSeconds()).isEqualTo(3);
    assertThat(used.egressBytes()).isEqualTo(5_000);
  }

  @Test
  void readsOnceMoreBeforeAKill() {
    run(fixture.box());
    fixture.boxContainer().uses(9_000_000, 0);
    fixture.box().destroy();
    assertThat(used().vcpuSeconds()).isEqualTo(9);
  }

  @Test
  void aFailedStartCountsNothingAndAnExitOfItsOwnEndsTheTime() {
    fixture.engine.startFails(io.holdfast.sdk.ErrorCode.CONTAINER_START_FAILED, "no");
    ContainerFixture.order(fixture.box());
    await("the start to fail").until(() -> !fixture.box().running());
    run(fixture.box());
    pass(Duration.ofMinutes(1));
    fixture.boxContainer().exit(0);
    fixture.awaitGone("box", "a");
    pass(Duration.ofHours(1));
    assertThat(used().starts()).isEqualTo(1);
    assertThat(used().seconds()).isBetween(60.0, 120.0);
  }
}
