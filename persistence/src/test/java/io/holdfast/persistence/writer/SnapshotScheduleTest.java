package io.holdfast.persistence.writer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SnapshotScheduleTest {
  private static final SnapshotPolicy POLICY = new SnapshotPolicy(64 << 10, 500, 50, 1 << 26);

  @Test
  void isDueAfterSixtyFourKilobytesOfASmallImage() {
    SnapshotSchedule schedule = schedule(0, 0, 0);
    schedule.logged((64 << 10) - 1);
    assertThat(schedule.due(12_288)).isFalse();
    schedule.logged(1);
    assertThat(schedule.due(12_288)).isTrue();
  }

  @Test
  void isDueAfterHalfOfWhatTheSnapshotWouldBe() {
    SnapshotSchedule schedule = schedule(0, 0, 1 << 20);
    schedule.logged((1 << 19) - 1);
    assertThat(schedule.due(8 << 20)).isFalse();
    schedule.logged(1);
    assertThat(schedule.due(8 << 20)).isTrue();
  }

  @Test
  void guessesTheSnapshotsSizeUntilThereIsOne() {
    SnapshotSchedule schedule = schedule(0, 0, 0);
    schedule.logged((1 << 20) - 1);
    assertThat(schedule.due(8 << 20)).isFalse();
    schedule.logged(1);
    assertThat(schedule.due(8 << 20)).isTrue();
    schedule.started();
    schedule.saved(200_000);
    schedule.logged(100_000);
    assertThat(schedule.due(8 << 20)).isTrue();
  }

  @Test
  void isDueAfterFiveHundredEventsAndOnReleaseAfterFifty() {
    SnapshotSchedule schedule = schedule(49, 2000, 900);
    assertThat(schedule.dueOnRelease()).isFalse();
    schedule.logged(40);
    assertThat(schedule.dueOnRelease()).isTrue();
    for (int events = 51; events <= 500; events++) {
      assertThat(schedule.due(12_288)).isFalse();
      schedule.logged(40);
    }
    assertThat(schedule.due(12_288)).isTrue();
    schedule.started();
    assertThat(schedule.due(12_288)).isFalse();
    assertThat(schedule.dueOnRelease()).isFalse();
  }

  private static SnapshotSchedule schedule(long events, long bytes, long snapshotBytes) {
    return new SnapshotSchedule(POLICY, new StoredObject.Log(events, bytes, snapshotBytes));
  }
}
