package io.holdfast.node.metering;

import io.holdfast.protocol.admin.UsageAdmin;
import io.holdfast.protocol.admin.UsageReport;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/// What was used, in the units that people pay for. Thread-safe.
public final class UsageReports implements UsageAdmin {
  /// An object counts as that much memory, whatever it uses.
  private static final double OBJECT_GB = 0.128;

  /// So many messages of WebSockets count as one request.
  private static final int MESSAGES_PER_REQUEST = 20;

  private final UsageTotals totals;
  private final InstantSource clock;

  public UsageReports(UsageTotals totals, InstantSource clock) {
    this.totals = totals;
    this.clock = clock;
  }

  /// The amounts that are not counted in the unit they are shown in.
  record Amounts(
      double containerSeconds,
      double vcpuSeconds,
      double memoryGibSeconds,
      double diskGbSeconds,
      double objectGbSeconds) {
    static Amounts of(Usage usage) {
      return new Amounts(
          usage.containerMillis() / 1e3,
          usage.cpuMicros() / 1e6,
          usage.memoryMibMillis() / 1_024e3,
          usage.diskMbMillis() / 1e6,
          usage.objectMillis() * OBJECT_GB / 1e3);
    }
  }

  @Override
  public UsageReport usage(Optional<String> app, Optional<LocalDate> from, Optional<LocalDate> to) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    LocalDate last = to.orElse(today);
    LocalDate first = from.orElse(last);
    List<UsageReport.Day> days =
        totals.totals(first, last).entrySet().stream()
            .filter(entry -> app.isEmpty() || app.get().equals(entry.getKey().namespace().app()))
            .map(entry -> day(entry.getKey(), entry.getValue()))
            .toList();
    return new UsageReport(first.toString(), last.toString(), days);
  }

  private static UsageReport.Day day(MeterRows.Key key, Usage usage) {
    Amounts amounts = Amounts.of(usage);
    return new UsageReport.Day(
        LocalDate.ofEpochDay(key.epochDay()).toString(),
        key.namespace().app(),
        key.namespace().name(),
        new UsageReport.Containers(
            usage.containerStarts(),
            amounts.containerSeconds,
            amounts.vcpuSeconds,
            amounts.memoryGibSeconds,
            amounts.diskGbSeconds,
            usage.egressBytes()),
        new UsageReport.Objects(
            amounts.objectGbSeconds,
            usage.requests() + usage.webSocketMessages() / MESSAGES_PER_REQUEST,
            usage.webSocketMessages(),
            usage.rowsRead(),
            usage.rowsWritten()));
  }
}
