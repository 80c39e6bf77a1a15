package io.holdfast.node.metering;

import static io.holdfast.node.metering.MeterFixture.NAMESPACE;
import static io.holdfast.node.metering.MeterFixture.TYPE;
import static io.holdfast.node.metering.MeterFixture.id;
import static io.holdfast.node.metering.MeterFixture.owner;
import static io.holdfast.node.metering.MeterFixture.stats;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.admin.UsageReport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeterBookTest {
  private static final long DAY = Duration.ofDays(1).toMillis();

  @TempDir Path directory;
  private MeterFixture fixture;

  @BeforeEach
  void open() {
    fixture = new MeterFixture(directory.resolve("data"));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void countsTimeFromStartToEndInStepsOfTenMilliseconds() {
    fixture.start(1);
    fixture.pass(1_001);
    assertThat(fixture.total().containerMillis()).isEqualTo(1_001);
    fixture.containers().ended(owner(1));
    fixture.pass(5_000);
    fixture.containers().ended(owner(1));
    Usage total = fixture.total();
    assertThat(total.containerMillis()).isEqualTo(1_010);
    assertThat(total.memoryMibMillis()).isEqualTo(1_010L * TYPE.memoryMib());
    assertThat(total.diskMbMillis()).isEqualTo(1_010L * TYPE.diskMb());
    assertThat(total.containerStarts()).isEqualTo(1);
  }

  @Test
  void splitsARunAtEachMidnight() {
    fixture.nowMillis = Instant.parse("2026-11-24T23:59:58Z").toEpochMilli();
    fixture.start(1);
    fixture.pass(2_000 + DAY + 500);
    fixture.containers().ended(owner(1));
    assertThat(fixture.on("2026-11-24").containerMillis()).isEqualTo(2_000);
    assertThat(fixture.on("2026-11-25").containerMillis()).isEqualTo(DAY);
    assertThat(fixture.on("2026-11-26").containerMillis()).isEqualTo(500);
    assertThat(fixture.total().containerStarts()).isEqualTo(1);
  }

  @Test
  void countsWhatTheEngineSaysWasUsedOnce() {
    fixture.start(1);
    fixture.containers().readAll(_ -> stats(700, 10));
    fixture.containers().readAll(_ -> stats(900, 10));
    fixture
        .containers()
        .readAll(_ -> {
          throw new IllegalStateException("away");
        });
    fixture.containers().readLast(owner(1), _ -> stats(1_000, 30));
    fixture.containers().readLast(owner(2), _ -> stats(5_000, 30));
    fixture.containers().ended(owner(1));
    assertThat(fixture.total().cpuMicros()).isEqualTo(1_000);
    assertThat(fixture.total().egressBytes()).isEqualTo(30);
  }

  @Test
  void aCrashLosesNoTimeOfAContainerThatRanThroughIt() {
    fixture.start(1);
    fixture.pass(3_000);
    fixture.containers().readAll(_ -> stats(100, 1));
    fixture.book.flush();
    fixture.pass(4_000);
    fixture.crash();
    fixture.pass(5_000);
    fixture.containers().found(owner(1), id(1), TYPE, Instant.EPOCH);
    fixture.containers().foundAll();
    fixture.containers().readAll(_ -> stats(250, 7));
    fixture.pass(6_000);
    fixture.containers().ended(owner(1));
    assertThat(fixture.total().containerMillis()).isEqualTo(18_000);
    assertThat(fixture.total().cpuMicros()).isEqualTo(250);
    assertThat(fixture.total().egressBytes()).isEqualTo(7);
    assertThat(fixture.total().containerStarts()).isEqualTo(1);
  }

  @Test
  void aContainerThatWasNeverFlushedCountsFromItsStartAsTheEngineTells() {
    Instant started = Instant.ofEpochMilli(fixture.nowMillis);
    fixture.start(1);
    fixture.pass(500);
    fixture.crash();
    fixture.pass(500);
    fixture.containers().found(owner(1), id(1), TYPE, started);
    assertThat(fixture.total().containerMillis()).isEqualTo(1_000);
    assertThat(fixture.total().containerStarts()).isEqualTo(1);
  }

  @Test
  void aContainerThatEndedWhileNobodyLookedCountsUpToItsEnd() {
    fixture.start(1);
    fixture.start(2);
    fixture.pass(1_000);
    fixture.book.flush();
    fixture.crash();
    Instant ended = Instant.ofEpochMilli(fixture.nowMillis + 2_000);
    fixture.pass(60_000);
    fixture.containers().foundEnded(owner(1), id(1), TYPE, Optional.of(ended));
    fixture.containers().foundAll();
    assertThat(fixture.total().containerMillis())
        .as("the one to its end, the other up to where it was counted")
        .isEqualTo(4_000);
  }

  @Test
  void anEndThatIsToldAgainAfterACrashCountsOnce() {
    fixture.start(1);
    fixture.pass(1_005);
    fixture.containers().ended(owner(1));
    fixture.book.flush();
    Optional<Instant> ended = Optional.of(Instant.ofEpochMilli(fixture.nowMillis - 2));
    for (int crash = 0; crash < 3; crash++) {
      fixture.crash();
      fixture.pass(1_000);
      fixture.containers().foundEnded(owner(1), id(1), TYPE, ended);
      fixture.containers().foundAll();
      fixture.book.flush();
    }
    assertThat(fixture.total().containerMillis()).isEqualTo(1_010);
    fixture.containers().gone(owner(1));
    fixture.book.flush();
    assertThat(fixture.marks()).isZero();
  }

  @Test
  void countsObjectsByTheirTimeInMemory() {
    fixture.nowMillis = Instant.parse("2026-11-24T23:59:59Z").toEpochMilli();
    fixture.book.entered(NAMESPACE);
    fixture.book.entered(NAMESPACE);
    fixture.pass(1_500);
    fixture.book.left(NAMESPACE);
    fixture.pass(1_000);
    fixture.book.left(NAMESPACE);
    fixture.pass(10_000);
    assertThat(fixture.on("2026-11-24").objectMillis()).isEqualTo(2_000);
    assertThat(fixture.on("2026-11-25").objectMillis()).isEqualTo(2_000);
  }

  @Test
  void aCrashLosesOfObjectsNoMoreThanWasUsedSinceTheLastFlush() {
    NamespaceMeter meter = fixture.book.of(NAMESPACE);
    meter.request();
    meter.rows(3, 2);
    meter.webSocketMessage();
    fixture.book.flush();
    meter.request();
    fixture.crash();
    Usage kept = fixture.total();
    assertThat(kept.requests()).isEqualTo(1);
    assertThat(kept.rowsRead()).isEqualTo(3);
    assertThat(kept.rowsWritten()).isEqualTo(2);
    assertThat(kept.webSocketMessages()).isEqualTo(1);
  }

  @Test
  void aFlushOfTheSameTwiceCountsOnce() {
    fixture.book.of(NAMESPACE).request();
    fixture.book.flush();
    fixture.book.flush();
    fixture.crash();
    fixture.book.flush();
    fixture.crash();
    assertThat(fixture.total().requests()).isEqualTo(1);
  }

  @Test
  void aWriteWhoseOutcomeIsUnknownIsRepeatedAndCountsOnce() {
    MemoryMeters disk = new MemoryMeters();
    MeterBook book = fixture.bookOn(disk);
    book.of(NAMESPACE).request();
    disk.forgetsReplies = true;
    book.flush();
    book.flush();
    book.of(NAMESPACE).request();
    disk.forgetsReplies = false;
    book.flush();
    assertThat(fixture.bookOn(disk).totals(LocalDate.EPOCH, LocalDate.parse("2100-01-01")).values())
        .extracting(Usage::requests)
        .containsExactly(2L);
  }

  @Test
  void daysAreKeptForAsLongAsAsked() {
    fixture.book.of(NAMESPACE).request();
    fixture.book.flush();
    fixture.pass(30 * DAY);
    fixture.book.flush();
    assertThat(fixture.total().requests()).isEqualTo(1);
    fixture.pass(DAY);
    fixture.book.flush();
    fixture.crash();
    assertThat(fixture.total()).isEqualTo(Usage.NONE);
  }

  @Test
  void aClockThatIsSetBackCountsNothingTwice() {
    fixture.start(1);
    fixture.book.entered(NAMESPACE);
    fixture.pass(5_000);
    fixture.book.flush();
    fixture.containers().readAll(_ -> stats(1, 1));
    fixture.pass(-3_000);
    fixture.book.flush();
    fixture.pass(3_000);
    fixture.containers().ended(owner(1));
    fixture.book.left(NAMESPACE);
    assertThat(fixture.total().containerMillis()).isEqualTo(5_000);
    assertThat(fixture.total().objectMillis()).isEqualTo(5_000);
  }

  @Test
  void showsTheUnitsThatPeoplePayFor() {
    fixture.start(1);
    fixture.containers().readAll(_ -> stats(2_500_000, 9));
    NamespaceMeter meter = fixture.book.of(NAMESPACE);
    fixture.book.entered(NAMESPACE);
    for (int i = 0; i < 41; i++) {
      meter.webSocketMessage();
    }
    meter.request();
    fixture.pass(10_000);
    fixture.containers().ended(owner(1));
    fixture.book.left(NAMESPACE);
    UsageReports reports = new UsageReports(fixture.book, fixture.clock());
    UsageReport report = reports.usage(Optional.of("app"), Optional.empty(), Optional.empty());
    assertThat(report.from()).isEqualTo("2026-11-24");
    UsageReport.Day day = report.days().getFirst();
    assertThat(day.namespace()).isEqualTo("boxes");
    assertThat(day.containers()).isEqualTo(new UsageReport.Containers(1, 10, 2.5, 10, 40, 9));
    assertThat(day.objects()).isEqualTo(new UsageReport.Objects(1.28, 3, 41, 0, 0));
    assertThat(reports.usage(Optional.of("other"), Optional.empty(), Optional.empty()).days())
        .isEmpty();
    assertThat(
            reports
                .usage(
                    Optional.empty(),
                    Optional.of(LocalDate.parse("2026-11-25")),
                    Optional.of(LocalDate.parse("2026-11-30")))
                .days())
        .isEmpty();
  }
}
