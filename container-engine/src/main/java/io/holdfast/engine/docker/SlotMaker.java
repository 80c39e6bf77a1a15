package io.holdfast.engine.docker;

import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Who made a network slot: one pool in one process. Stands on the slot as a label, so that others
/// can tell slots that somebody still wants from those of a process that has died.
///
/// @param label such as `4711-1795582800000-5f0c…`
record SlotMaker(String label) {
  private static final Set<String> LIVING = ConcurrentHashMap.newKeySet();
  private static final Pattern FORM = Pattern.compile("(\\d{1,10})-(\\d{1,18})-([0-9a-f-]{36})");

  /// A new pool of this process, which lives until [#dies].
  static SlotMaker born() {
    ProcessHandle self = ProcessHandle.current();
    SlotMaker maker =
        new SlotMaker("%d-%d-%s".formatted(self.pid(), startMillis(self), UUID.randomUUID()));
    LIVING.add(maker.label);
    return maker;
  }

  private static long startMillis(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  void dies() {
    LIVING.remove(label);
  }

  /// Whether that pool is known to be at work. Processes that cannot be seen from here count as
  /// dead: one data directory, and so one deployment, has one node at a time.
  boolean lives() {
    Matcher parts = FORM.matcher(label);
    if (!parts.matches()) {
      return false;
    }
    long pid = Long.parseLong(parts.group(1));
    if (pid == ProcessHandle.current().pid()) {
      return LIVING.contains(label);
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(process -> startMillis(process) == Long.parseLong(parts.group(2)))
        .isPresent();
  }
}
