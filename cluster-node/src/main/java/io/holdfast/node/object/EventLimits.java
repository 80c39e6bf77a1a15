package io.holdfast.node.object;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// How much one object takes in, and how long an event of it may run. Keys, meanings and ranges:
/// `holdfast.objects` in `reference.conf`.
///
/// @param queuedMax how many events may wait for the turn
/// @param queuedBytesMax how many bytes their arguments and buffered bodies may have together
/// @param queuedTimeMax how long a call may wait for the turn
/// @param eventsMax how many events may be in the object, queued, running or waiting
/// @param callsPer10sMax how many calls within a window of 10 s; 0 for any number
/// @param turnTimeMax how long an event may run without waiting for anything
/// @param backgroundTimeMax how long a task of waitUntil() may take
/// @param alarmTimeMax how long one run of alarm() may take, waiting included
record EventLimits(
    int queuedMax,
    long queuedBytesMax,
    Duration queuedTimeMax,
    int eventsMax,
    int callsPer10sMax,
    Duration turnTimeMax,
    Duration backgroundTimeMax,
    Duration alarmTimeMax) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.objects");

  private static final int COUNT_MAX = 1_000_000;

  EventLimits {
    SETTINGS.check("queued-events-max", queuedMax, 1, COUNT_MAX);
    SETTINGS.check("queued-bytes-max", queuedBytesMax, 1024, 1L << 40, " bytes");
    SETTINGS.check("queued-time-max", queuedTimeMax.toMillis(), 1, 3_600_000, " ms");
    SETTINGS.check("events-max", eventsMax, 1, COUNT_MAX);
    SETTINGS.check("calls-per-10s-max", callsPer10sMax, 0, Integer.MAX_VALUE);
    SETTINGS.check("turn-time-max", turnTimeMax.toMillis(), 10, 3_600_000, " ms");
    SETTINGS.check("background-time-max", backgroundTimeMax.toMillis(), 10, 86_400_000, " ms");
    SETTINGS.check("alarm-time-max", alarmTimeMax.toMillis(), 10, 86_400_000, " ms");
  }

  /// Reads `holdfast.objects`.
  static EventLimits from(Config objects) {
    return new EventLimits(
        objects.getInt("queued-events-max"),
        objects.getBytes("queued-bytes-max"),
        objects.getDuration("queued-time-max"),
        objects.getInt("events-max"),
        objects.getInt("calls-per-10s-max"),
        objects.getDuration("turn-time-max"),
        objects.getDuration("background-time-max"),
        objects.getDuration("alarm-time-max"));
  }
}
