package io.holdfast.node.capacity;

import io.holdfast.protocol.NamespaceId;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/*
 * Fair between namespaces: the next start is of the namespace whose containers have the smallest share of the node, where
 * a share is the largest part it has of any one resource (dominant resource fairness; Ghodsi et al., NSDI 2011). Within a
 * namespace: who came first. An object has one start at a time, so that is fair between objects too.
 *
 * A start that needs more than is free lets smaller ones pass, but only so many: then all wait for it, so that the large
 * ones are not starved by a stream of small ones.
 */
/// The starts that wait for room. Guarded by the monitor of [NodeCapacity].
final class WaitingLine {
  /// How often a start that does not fit may be passed by one that does.
  static final int OVERTAKEN_MAX = 16;

  private static final Deque<StartTicket> NOBODY = new ArrayDeque<>(0);

  private final Map<NamespaceId, Deque<StartTicket>> waiting = new LinkedHashMap<>();
  private int size;

  int size() {
    return size;
  }

  int size(NamespaceId namespace) {
    return waiting.getOrDefault(namespace, NOBODY).size();
  }

  void add(StartTicket ticket) {
    waiting.computeIfAbsent(ticket.namespace, any -> new ArrayDeque<>()).addLast(ticket);
    size++;
  }

  void remove(StartTicket ticket) {
    Deque<StartTicket> line = waiting.get(ticket.namespace);
    if (line != null && line.remove(ticket)) {
      size--;
      if (line.isEmpty()) {
        waiting.remove(ticket.namespace);
      }
    }
  }

  /// The one that is next, or null when none of those that may run fits. Leaves it in line.
  ///
  /// @param mayRun whether a namespace may have one more container
  /// @param share how much of the node a namespace has
  /// @param fits whether the node has room for it now
  @Nullable StartTicket next(
      Predicate<NamespaceId> mayRun,
      ToDoubleFunction<NamespaceId> share,
      Predicate<StartTicket> fits) {
    List<StartTicket> order =
        waiting.entrySet().stream()
            .filter(line -> mayRun.test(line.getKey()))
            .map(line -> line.getValue().getFirst())
            .sorted(
                Comparator.comparingDouble((StartTicket t) -> share.applyAsDouble(t.namespace))
                    .thenComparingLong(t -> t.number))
            .toList();
    for (StartTicket ticket : order) {
      if (fits.test(ticket)) {
        order.stream().takeWhile(earlier -> earlier != ticket).forEach(t -> t.overtaken++);
        return ticket;
      }
      if (ticket.overtaken >= OVERTAKEN_MAX) {
        return null;
      }
    }
    return null;
  }

  /// Who has to go when too many wait: the last of the namespace of which the most do, so that none
  /// fills the line; the newcomer when its namespace is one of those.
  StartTicket lastOfTheLongest(StartTicket newcomer) {
    int own = size(newcomer.namespace);
    return waiting.values().stream()
        .max(Comparator.comparingInt(Collection::size))
        .filter(longest -> longest.size() > own)
        .map(Deque::getLast)
        .orElse(newcomer);
  }

  /// Those that arrived at that time or before.
  List<StartTicket> arrivedBy(long nanos) {
    return all().stream().filter(ticket -> ticket.arrivalNanos - nanos <= 0).toList();
  }

  List<StartTicket> all() {
    return waiting.values().stream().flatMap(Collection::stream).toList();
  }
}
