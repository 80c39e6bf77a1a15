package io.holdfast.node.capacity;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the containers of a node take, and the starts that wait for room.
///
/// A start asks for a [StartTicket]. It is held from when there is room, in the node's budget and
/// among the instances of its namespace, until it is released; released while it waits, it takes
/// nothing. What is held is counted once and freed once, whatever happens in between.
///
/// Thread-safe; nothing blocks but [StartTicket#await()].
public final class NodeCapacity {
  /**
   * With a division each start waits until this node has the share for it, also where starts are
   * not to wait for room.
   */
  private static final Duration SHARE_WITHIN = Duration.ofSeconds(1);

  private static final int SHARELESS_MAX = 100;

  private final CapacitySettings settings;
  private final ToIntFunction<NamespaceId> instancesMax;
  private final Optional<InstanceDivision> division;
  private final LongSupplier nanoTime;
  private final Timer timer;
  private final CapacityMetrics metrics;

  // Guarded by this.
  private final WaitingLine line = new WaitingLine();
  private final Map<NamespaceId, Resources> takenBy = new HashMap<>();

  /** With a division: how many instances this node may have; none of those that are not in it. */
  private final Map<NamespaceId, Integer> shares = new HashMap<>();

  private Resources taken = Resources.NONE;
  private long tickets;
  private @Nullable HoldfastException closed;

  /// Runs something later, on a thread of its own.
  @FunctionalInterface
  public interface Timer {
    void after(Duration delay, Runnable task);
  }

  /// @param instancesMax how many containers each namespace may have
  /// @param division who says how many of them this node may have; all without one
  /// @param nanoTime as [System#nanoTime()]
  public NodeCapacity(
      CapacitySettings settings,
      ToIntFunction<NamespaceId> instancesMax,
      Optional<InstanceDivision> division,
      LongSupplier nanoTime,
      Timer timer,
      CapacityMetrics metrics) {
    this.settings = division.isPresent() ? settings.atLeast(SHARE_WITHIN, SHARELESS_MAX) : settings;
    this.instancesMax = instancesMax;
    this.division = division;
    this.nanoTime = nanoTime;
    this.timer = timer;
    this.metrics = metrics;
    metrics.budget(budget());
    metrics.taken(taken);
  }

  /// Asks for room. What does not fit waits for at most the queue's timeout.
  ///
  /// @throws HoldfastException `container_no_capacity` when the node could never run it, or too
  ///   many wait already; `object_unavailable` when the node shuts down
  public StartTicket take(ObjectAddress object, Resources need) {
    NamespaceId namespace = object.namespace();
    StartTicket ticket = ticket(namespace, object, need);
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      if (closed != null) {
        throw new HoldfastException(closed.code(), closed.getMessage(), closed);
      }
      refuseWhatNeverFits(namespace, need);
      line.add(ticket);
      outcomes.changed.add(namespace);
      grantWhatFits(outcomes);
      if (ticket.state == StartTicket.State.WAITING) {
        letWait(ticket, outcomes);
      }
    }
    outcomes.tell();
    return ticket;
  }

  private synchronized StartTicket ticket(
      NamespaceId namespace, @Nullable ObjectAddress object, Resources need) {
    return new StartTicket(this, namespace, object, need, ++tickets, nanoTime.getAsLong());
  }

  /** Called with the monitor held. */
  private void letWait(StartTicket ticket, Outcomes outcomes) {
    if (settings.queueTimeout().isZero()) {
      expire(ticket, outcomes);
      return;
    }
    if (line.size() > settings.queueLengthMax()) {
      pushOut(line.lastOfTheLongest(ticket), outcomes);
      grantWhatFits(outcomes);
    }
    timer.after(settings.queueTimeout(), this::expire);
  }

  /// Counts a container that runs already, beyond all limits too.
  public StartTicket found(NamespaceId namespace, Resources need) {
    StartTicket ticket = ticket(namespace, null, need);
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      hold(ticket);
      outcomes.granted.add(ticket);
      outcomes.changed.add(namespace);
    }
    outcomes.tell();
    return ticket;
  }

  void callOff(StartTicket ticket) {
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      if (ticket.state == StartTicket.State.WAITING) {
        fail(ticket, noCapacity("the start was called off while it waited for room"), outcomes);
        grantWhatFits(outcomes); // Those that it held up.
      }
    }
    outcomes.tell();
  }

  void release(StartTicket ticket) {
    callOff(ticket);
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      if (ticket.state == StartTicket.State.HELD) {
        free(ticket);
        outcomes.changed.add(ticket.namespace);
        grantWhatFits(outcomes);
      }
    }
    outcomes.tell();
  }

  /// Refuses all starts from now on, and those that wait.
  public void close(HoldfastException reason) {
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      closed = reason;
      line.all().forEach(ticket -> fail(ticket, reason, outcomes));
    }
    outcomes.tell();
  }

  /// What is taken, of what there is, and how many wait.
  public record Figures(Resources budget, Resources taken, int waiting) {}

  public synchronized Figures figures() {
    return new Figures(budget(), taken, line.size());
  }

  /// The objects whose containers wait for room on this node: those that wait for other ones of
  /// their namespace to end are none of them.
  public synchronized List<ObjectAddress> waitingForRoom() {
    return line.all().stream()
        .filter(ticket -> hasInstances(ticket.namespace))
        .flatMap(ticket -> Stream.ofNullable(ticket.object))
        .toList();
  }

  // ---- the share of this node
  // -------------------------------------------------------------------------------------

  /// How many instances of a namespace this node wants: those that run, and those that wait.
  public synchronized int wanted(NamespaceId namespace) {
    return (int) takenBy(namespace).instances() + line.size(namespace);
  }

  /// What this node has of a namespace and does not want is its own no more.
  ///
  /// @return what it keeps
  public synchronized int giveUp(NamespaceId namespace) {
    int kept = Math.min(shares.getOrDefault(namespace, 0), wanted(namespace));
    setShare(namespace, kept);
    return kept;
  }

  /// From now on this node may have so many instances of a namespace.
  public void share(NamespaceId namespace, int instances) {
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      setShare(namespace, instances);
      grantWhatFits(outcomes);
    }
    outcomes.tell();
  }

  /** Called with the monitor held. */
  private void setShare(NamespaceId namespace, int instances) {
    if (instances == 0) {
      shares.remove(namespace);
    } else {
      shares.put(namespace, instances);
    }
  }

  private Resources budget() {
    return settings.budget().resources();
  }

  // ---- granting
  // -----------------------------------------------------------------------------------------------

  /** Called with the monitor held. */
  private void grantWhatFits(Outcomes outcomes) {
    for (StartTicket next = next(); next != null; next = next()) {
      line.remove(next);
      hold(next);
      outcomes.granted.add(next);
    }
    metrics.waiting(line.size());
  }

  private @Nullable StartTicket next() {
    return line.next(
        this::hasInstances,
        namespace -> takenBy(namespace).shareOf(budget()),
        ticket -> missing(taken.plus(ticket.need)).isEmpty());
  }

  private boolean hasInstances(NamespaceId namespace) {
    int max =
        division.isPresent()
            ? shares.getOrDefault(namespace, 0)
            : instancesMax.applyAsInt(namespace);
    return takenBy(namespace).instances() < max;
  }

  private Resources takenBy(NamespaceId namespace) {
    return takenBy.getOrDefault(namespace, Resources.NONE);
  }

  /** The kind of which that is more than the budget. */
  private Optional<Resources.Kind> missing(Resources wanted) {
    for (Resources.Kind kind : Resources.Kind.values()) {
      if (wanted.of(kind) > budget().of(kind)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** Called with the monitor held. */
  private void hold(StartTicket ticket) {
    ticket.state = StartTicket.State.HELD;
    taken = taken.plus(ticket.need);
    takenBy.merge(ticket.namespace, ticket.need, Resources::plus);
    metrics.taken(taken);
  }

  /** Called with the monitor held. */
  private void free(StartTicket ticket) {
    ticket.state = StartTicket.State.OVER;
    taken = taken.minus(ticket.need);
    Resources left = takenBy(ticket.namespace).minus(ticket.need);
    if (left.instances() == 0) {
      takenBy.remove(ticket.namespace);
    } else {
      takenBy.put(ticket.namespace, left);
    }
    metrics.taken(taken);
  }

  // ---- refusing
  // -----------------------------------------------------------------------------------------------

  /** Called with the monitor held. */
  private void fail(StartTicket ticket, HoldfastException reason, Outcomes outcomes) {
    ticket.state = StartTicket.State.OVER;
    line.remove(ticket);
    metrics.waiting(line.size());
    outcomes.failed.put(ticket, reason);
    outcomes.changed.add(ticket.namespace);
  }

  private void refuseWhatNeverFits(NamespaceId namespace, Resources need) {
    missing(need)
        .ifPresent(kind -> {
          metrics.refused(CapacityMetrics.Refusal.TOO_LARGE);
          throw noCapacity(
              "a container of namespace %s needs %s, which is more than all that this node may give: %s"
                  .formatted(
                      namespace,
                      Resources.text(kind, need.of(kind)),
                      Resources.text(kind, budget().of(kind))));
        });
  }

  /** Called with the monitor held. */
  private void pushOut(StartTicket last, Outcomes outcomes) {
    metrics.refused(CapacityMetrics.Refusal.QUEUE_FULL);
    fail(
        last,
        noCapacity(
            "%s; %d starts wait already, which is all that this node lets wait"
                .formatted(shortage(last), settings.queueLengthMax())),
        outcomes);
  }

  /// Refuses what has waited for too long.
  void expire() {
    Outcomes outcomes = new Outcomes();
    synchronized (this) {
      long latest = nanoTime.getAsLong() - settings.queueTimeout().toNanos();
      line.arrivedBy(latest).forEach(ticket -> expire(ticket, outcomes));
      grantWhatFits(outcomes);
    }
    outcomes.tell();
  }

  /** Called with the monitor held. */
  private void expire(StartTicket ticket, Outcomes outcomes) {
    metrics.refused(CapacityMetrics.Refusal.TIMEOUT);
    fail(
        ticket,
        noCapacity(
            "%s; waited %d ms for one to end"
                .formatted(shortage(ticket), settings.queueTimeout().toMillis())),
        outcomes);
  }

  private String shortage(StartTicket ticket) {
    if (!hasInstances(ticket.namespace)) {
      return "Maximum number of running container instances exceeded: namespace %s has maxInstances %d"
          .formatted(ticket.namespace, instancesMax.applyAsInt(ticket.namespace));
    }
    return missing(taken.plus(ticket.need))
        .map(kind ->
            "this node has no room for a container of namespace %s: it needs %s, and %s of %s are taken"
                .formatted(
                    ticket.namespace,
                    Resources.text(kind, ticket.need.of(kind)),
                    Resources.text(kind, taken.of(kind)),
                    Resources.text(kind, budget().of(kind))))
        .orElse("this node keeps its room for a larger container that waits for longer");
  }

  private static HoldfastException noCapacity(String message) {
    return new HoldfastException(ErrorCode.CONTAINER_NO_CAPACITY, message);
  }

  /// What became of tickets; told without the monitor.
  private final class Outcomes {
    final List<StartTicket> granted = new ArrayList<>();
    final Map<StartTicket, HoldfastException> failed = new HashMap<>();

    /** Of which the node wants more now, or fewer. */
    final Set<NamespaceId> changed = new HashSet<>();

    void tell() {
      granted.forEach(ticket -> {
        long nanos = nanoTime.getAsLong() - ticket.arrivalNanos;
        if (nanos > 1_000_000) {
          metrics.waited(nanos);
        }
        ticket.granted.complete(null);
      });
      failed.forEach((ticket, reason) -> ticket.granted.completeExceptionally(reason));
      division.ifPresent(
          divided -> changed.forEach(namespace -> divided.changed(NodeCapacity.this, namespace)));
    }
  }
}
