package io.holdfast.protocol.admin;

import java.util.List;

/// What apps used.
///
/// @param from the first day, such as `2026-11-24`
/// @param to the last day
/// @param days by day, app and namespace; those on which nothing was used are left out
public record UsageReport(String from, String to, List<Day> days) {
  /// One namespace on one day (UTC).
  public record Day(
      String day, String app, String namespace, Containers containers, Objects objects) {}

  /// @param starts containers that began to run
  /// @param seconds wall-clock time from start to end, in steps of 10 ms
  /// @param vcpuSeconds CPU time that was used
  /// @param memoryGibSeconds memory of the instance type, times time
  /// @param diskGbSeconds disk of the instance type, times time
  /// @param egressBytes what was sent
  public record Containers(
      long starts,
      double seconds,
      double vcpuSeconds,
      double memoryGibSeconds,
      double diskGbSeconds,
      long egressBytes) {}

  /// @param memoryGbSeconds time in memory at 128 MB per object
  /// @param requests HTTP requests, calls, batches of messages, alarms, and a twentieth of the
  ///   messages of WebSockets
  public record Objects(
      double memoryGbSeconds,
      long requests,
      long webSocketMessages,
      long rowsRead,
      long rowsWritten) {}
}
