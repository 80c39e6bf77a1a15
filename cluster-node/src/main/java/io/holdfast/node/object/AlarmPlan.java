package io.holdfast.node.object;

import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Which alarms run, which wait for another try, and how far the index was read. What a crash may
/// forget: then the index is read from its start.
///
/// Decides only: time is an argument, the index is read by the caller. Not thread-safe.
final class AlarmPlan {
  /*
   * The index is read forward, each row once: `seen` is the last row that was. An alarm that is set
   * behind it is told of by the index and waits here. Rows of alarms that run or wait stay in the
   * index until they are settled, so reading it from the start again, as is done now and then, finds
   * whatever was missed.
   */

  /// After the first run; then the alarm is dropped.
  static final int RETRIES_MAX = 6;

  /** 2 s become at most 1,024 s. */
  private static final int UNCOUNTED_DOUBLINGS_MAX = 9;

  /** Nobody knows which of two clocks is right, and when one is set. */
  private static final long CLOCKS_DIFFER_MAX = Duration.ofSeconds(5).toMillis();

  /** Set behind `seen`; beyond that the index is read again instead. */
  private static final int WAITING_MAX = 100_000;

  /// An alarm that was handed to its object or is to be, and is not settled.
  static final class Run {
    private final String key;
    private int retryCount;
    private int uncounted;
    private boolean underWay;
    private boolean metAgain;
    private OptionalLong abandoned = OptionalLong.empty();
    private long againAtMillis;
    private @Nullable DueAlarm row;

    private Run(String key, long atMillis) {
      this.key = key;
      this.againAtMillis = atMillis;
    }

    String key() {
      return key;
    }

    int retryCount() {
      return retryCount;
    }

    /// What it was read from, if it was.
    @Nullable DueAlarm row() {
      return row;
    }

    /// The generation that is to be removed, not run.
    OptionalLong abandoned() {
      return abandoned;
    }
  }

  private final long retryFirstMillis;
  private final int runsMax;
  private final RandomGenerator random;
  private final Map<String, Run> runs = new HashMap<>();
  private final TreeSet<Run> waiting =
      new TreeSet<>(
          Comparator.<Run>comparingLong(run -> run.againAtMillis).thenComparing(run -> run.key));
  private int underWay;

  /** Their alarm may be gone although it is in what is being read. */
  private final Set<String> doneWhileReading = new HashSet<>();

  private DueAlarm seen = DueAlarm.NONE;
  private long readingUntilMillis = Long.MIN_VALUE;
  private boolean crowded;

  AlarmPlan(AlarmSettings settings, RandomGenerator random) {
    this.retryFirstMillis = settings.retryFirst().toMillis();
    this.runsMax = settings.runsMax();
    this.random = random;
  }

  /// How many further alarms may run. When none may, the end of a run is a reason to look again.
  int room() {
    int room = Math.max(0, runsMax - underWay);
    crowded = room == 0;
    return room;
  }

  /// The last row of the index that was read: the caller reads on from there, up to a time. What is
  /// set meanwhile up to that time may be in what it reads or not.
  DueAlarm readOn(long untilMillis) {
    readingUntilMillis = untilMillis;
    return seen;
  }

  /// The rows that were read have been [#met].
  void read() {
    readingUntilMillis = Long.MIN_VALUE;
    doneWhileReading.clear();
  }

  /// Reads the index from its start at the next look.
  void readAgain() {
    seen = DueAlarm.NONE;
  }

  /// The clock was set back: what waits for a time by the clock before is asked for now.
  void clockWasSetBack(long now) {
    List<Run> later = waiting.stream().filter(run -> run.againAtMillis > now).toList();
    waiting.removeAll(later);
    later.forEach(run -> run.againAtMillis = now);
    waiting.addAll(later);
  }

  /// An alarm was set. Set anew, it is another alarm: what failed before does not count.
  void set(String key, long atMillis) {
    Run run = runs.get(key);
    boolean behind = atMillis <= Math.max(seen.atMillis(), readingUntilMillis);
    if (run != null && run.underWay) {
      run.metAgain |= behind;
      return;
    }
    if (run != null) {
      forget(run);
    }
    if (behind && waiting.size() < WAITING_MAX) {
      await(new Run(key, atMillis));
    } else if (behind) {
      readAgain();
    }
  }

  private void await(Run run) {
    runs.put(run.key, run);
    waiting.add(run);
  }

  /// Those whose time has come, at most as many as may run. The caller asks the index whether each
  /// is still due, and then calls [#begin] or [#forget].
  List<Run> waitingUntil(long now) {
    return waiting.stream().takeWhile(run -> run.againAtMillis <= now).limit(room()).toList();
  }

  /// True when the run begins now; false when it was replaced meanwhile.
  boolean begin(Run run) {
    if (runs.get(run.key) != run || run.underWay) {
      return false;
    }
    waiting.remove(run);
    run.underWay = true;
    underWay++;
    return true;
  }

  void forget(Run run) {
    if (runs.remove(run.key, run)) {
      waiting.remove(run);
    }
  }

  /// Takes the next row of the index, while there is [#room]; the run that begins now, null when
  /// the alarm is in hand.
  @Nullable Run met(DueAlarm alarm) {
    seen = alarm;
    Run run = runs.get(alarm.objectKey());
    if (run != null) {
      run.metAgain |= run.underWay;
      return null;
    }
    Run begun = new Run(alarm.objectKey(), alarm.atMillis());
    begun.row = alarm;
    if (doneWhileReading.contains(begun.key)) {
      await(begun);
      return null;
    }
    runs.put(begun.key, begun);
    begun.underWay = true;
    underWay++;
    return begun;
  }

  /// A run ended. True when it is a reason to look again at once.
  boolean ended(Run run, AlarmEnd end, long now) {
    leave(run);
    return switch (end) {
      case AlarmEnd.Done _ -> done(run, now);
      case AlarmEnd.Again _ -> {
        run.metAgain = true;
        yield done(run, now);
      }
      // By the clock of the object's node it has some time yet.
      case AlarmEnd.NotDue rest when rest.next().orElse(Long.MAX_VALUE) <= now -> {
        again(run, now + Math.min(rest.restMillis(), CLOCKS_DIFFER_MAX));
        yield true;
      }
      case AlarmEnd.NotDue _ -> done(run, now);
      case AlarmEnd.Failed _ -> {
        again(run, now + jittered(retryFirstMillis << Math.min(run.retryCount++, RETRIES_MAX)));
        yield true;
      }
      case AlarmEnd.Abandoned abandoned -> {
        run.abandoned = OptionalLong.of(abandoned.generation());
        again(run, now);
        yield true;
      }
    };
  }

  /// A run could not be carried out: it does not count.
  void unreachable(Run run, long now) {
    leave(run);
    int doublings = Math.min(run.uncounted++, UNCOUNTED_DOUBLINGS_MAX);
    again(run, now + jittered(retryFirstMillis << doublings));
  }

  private void leave(Run run) {
    run.underWay = false;
    underWay--;
  }

  /// What was met while it ran is asked for once more: it may have been set anew.
  private boolean done(Run run, long now) {
    runs.remove(run.key);
    if (readingUntilMillis != Long.MIN_VALUE) {
      doneWhileReading.add(run.key);
    }
    if (run.metAgain) {
      await(new Run(run.key, now));
    }
    return run.metAgain || roomAgain();
  }

  private void again(Run run, long atMillis) {
    run.metAgain = false;
    run.againAtMillis = atMillis;
    waiting.add(run);
  }

  /// Not after each single end, or a crowd would be looked through once for each of it.
  private boolean roomAgain() {
    return crowded && underWay <= runsMax - Math.max(1, runsMax / 4);
  }

  /** Up to a quarter longer. */
  private long jittered(long millis) {
    return millis + random.nextLong(millis / 4 + 1);
  }

  /// When the next of those that wait is due; never while no further one may run.
  long nextMillis() {
    return crowded || waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().againAtMillis;
  }
}
