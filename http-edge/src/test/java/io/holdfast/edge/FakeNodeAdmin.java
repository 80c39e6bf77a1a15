package io.holdfast.edge;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ContainerEntry;
import io.holdfast.protocol.admin.RegionAdmin;
import io.holdfast.protocol.admin.UsageAdmin;
import io.holdfast.protocol.admin.UsageReport;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Writes down what it is asked, and answers something of the right kind.
final class FakeNodeAdmin implements ContainerAdmin, UsageAdmin, RegionAdmin {
  final Queue<String> calls = new ConcurrentLinkedQueue<>();

  @Override
  public List<ContainerEntry> list(Optional<String> app) {
    calls.add("list " + app);
    return List.of(
        new ContainerEntry(
            "shop",
            "carts",
            "0a",
            Optional.empty(),
            "running",
            Instant.EPOCH,
            Optional.of("image"),
            Optional.of("lite"),
            Optional.of("c1"),
            "node-1"));
  }

  @Override
  public void stop(ObjectAddress object) {
    calls.add("stop " + text(object));
  }

  @Override
  public void restart(ObjectAddress object) {
    calls.add("restart " + text(object));
  }

  @Override
  public InputStream logs(ObjectAddress object, int tailLines, Following following) {
    calls.add("logs " + text(object) + " " + tailLines + " " + following);
    return new ByteArrayInputStream("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ObjectAddress object) {
    return object.namespace() + " " + object.id().name().orElse(object.id().hex());
  }

  @Override
  public UsageReport usage(Optional<String> app, Optional<LocalDate> from, Optional<LocalDate> to) {
    calls.add("usage " + app + " " + from + " " + to);
    return new UsageReport(
        "2026-11-01",
        "2026-11-24",
        List.of(
            new UsageReport.Day(
                "2026-11-02",
                "shop",
                "carts",
                new UsageReport.Containers(1, 10, 2.5, 10, 40, 9),
                new UsageReport.Objects(1.28, 7, 0, 3, 2))));
  }

  @Override
  public List<Entry> list() {
    calls.add("regions");
    return List.of(new Entry("eu", true, true, false));
  }

  @Override
  public Entry giveUp(String region) {
    calls.add("give up " + region);
    return new Entry(region, false, false, true);
  }

  @Override
  public Entry takeBack(String region) {
    calls.add("take back " + region);
    return new Entry(region, false, true, false);
  }
}
