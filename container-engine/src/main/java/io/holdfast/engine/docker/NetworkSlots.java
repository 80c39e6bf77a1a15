package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Container;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.Network;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A slot is made, taken by one start, used by one container, removed with it. It is never used again: what a namespace
 * keeps of its container (counters, the kernel's notes about peers, half-closed connections) must not reach the next.
 *
 *   made -> free -> taken -> used -> removed          taken -> free    when nothing was started in it
 *
 * What is taken and used stands on the engine as well, as the network mode of the container, so that a crash loses
 * nothing: the next life finds used slots by their containers, and removes those that no container uses and whose maker
 * is dead. It does not take over unused ones, since nobody could tell whether somebody's code was in them.
 */
/// Networks that are ready before a container needs them. Thread-safe.
///
/// A start that finds none goes over a bridge and waits for nothing.
final class NetworkSlots implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkSlots.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  /// So long a slot of ours may be on the engine before we know of it.
  private static final Duration MAKE_LIMIT = Duration.ofMinutes(2);

  private final DockerConnection docker;
  private final SlotHolders holders;
  private final int preparedMax;
  private final SlotMaker maker = SlotMaker.born();
  private final Set<Thread> atWork = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Map<Network, Deque<NetworkSlot>> free = new EnumMap<>(Network.class);
  private final Set<Network> filling = EnumSet.noneOf(Network.class);

  /// By holder: the container inside; empty while its start is under way.
  private final Map<String, Optional<ContainerId>> used = new HashMap<>();

  private boolean enabled;

  /// @param preparedMax how many of each network are kept ready; 0 = none
  NetworkSlots(DockerConnection docker, SlotHolders holders, int preparedMax) {
    this.docker = docker;
    this.holders = holders;
    this.preparedMax = preparedMax;
    for (Network network : Network.values()) {
      free.put(network, new ArrayDeque<>());
    }
  }

  /// From now on slots are made; `obstacle` says why they cannot be, if so.
  void enable(Optional<String> obstacle) {
    if (preparedMax == 0) {
      return;
    }
    boolean before =
        locked(() -> {
          boolean was = enabled;
          enabled = obstacle.isEmpty();
          return was;
        });
    if (obstacle.isPresent()) {
      LOG.warn(
          "networks of containers are not prepared ahead, each start makes its own: {}",
          obstacle.get());
    } else if (!before) {
      LOG.info("up to {} networks of each kind are kept ready for containers", preparedMax);
    }
  }

  // ---- for starts

  /// A slot that nobody else gets; empty when none is ready. Ends in [#giveBack], [#use] or
  /// [#forget].
  Optional<NetworkSlot> take(Network network) {
    return locked(() -> {
      Optional<NetworkSlot> slot = Optional.ofNullable(queue(network).poll());
      slot.ifPresent(taken -> used.put(taken.holder(), Optional.empty()));
      return slot;
    });
  }

  /// Nothing was started in it.
  void giveBack(NetworkSlot slot) {
    boolean kept =
        locked(() -> {
          used.remove(slot.holder());
          return enabled && queue(slot.network()).offerFirst(slot);
        });
    if (!kept) {
      removeSoon(slot.holder());
    }
  }

  /// The container moves in.
  void use(NetworkSlot slot, ContainerId container) {
    locked(() -> used.put(slot.holder(), Optional.of(container)));
  }

  /// Nobody knows whether a container is in it; the next look at the engine tells.
  void forget(NetworkSlot slot) {
    locked(() -> used.remove(slot.holder()));
  }

  /// The container is gone, and so is what it lived in.
  void released(ContainerId container) {
    holder(container).ifPresent(this::remove);
  }

  /// What holds the network of a container, if that is not the container itself.
  Optional<String> holder(ContainerId container) {
    return locked(() ->
        used.entrySet().stream()
            .filter(entry -> entry.getValue().filter(container::equals).isPresent())
            .map(Map.Entry::getKey)
            .findFirst());
  }

  private void remove(String holder) {
    locked(() -> used.remove(holder));
    removeSoon(holder);
  }

  /// Makes what is missing of this network, beside whatever else goes on.
  void refill(Network network) {
    boolean start = locked(() -> missing(network) && filling.add(network));
    if (start) {
      work("holdfast-network-slots", () -> fill(network));
    }
  }

  private boolean missing(Network network) {
    return enabled && queue(network).size() < preparedMax;
  }

  private void fill(Network network) {
    try {
      while (locked(() -> missing(network))) {
        NetworkSlot slot = holders.make(network, maker);
        if (!locked(() -> enabled && queue(network).offer(slot))) {
          holders.remove(slot.holder());
        }
      }
    } catch (HoldfastException | DockerException e) {
      LOG.warn("{}; starts go over a bridge meanwhile", e.getMessage());
    } finally {
      locked(() -> filling.remove(network));
    }
  }

  // ---- what is on the engine

  /// What the engine held before its containers were listed.
  record Look(List<SlotHolders.Holder> holders, Map<String, Optional<ContainerId>> used) {}

  Look look() {
    Map<String, Optional<ContainerId>> known = locked(() -> Map.copyOf(used));
    return new Look(holders.list(), known);
  }

  /// Compares the engine's slots with the containers in them, listed after [#look]: what no
  /// container uses and nobody else wants is removed, a container without its slot is ended.
  void sweep(Look before, Collection<Container> containers) {
    Map<String, Container> inside = byHolder(containers);
    inside.forEach((holder, container) ->
        locked(() -> used.put(holder, Optional.of(new ContainerId(container.getId())))));
    before
        .used()
        .forEach((holder, container) -> {
          if (container.isPresent() && !inside.containsKey(holder)) {
            remove(holder);
          }
        });
    before.holders().stream()
        .filter(holder -> !inside.containsKey(holder.id()))
        .filter(this::isOrphan)
        .forEach(orphan -> {
          LOG.info("removes prepared network {}: nobody uses it", orphan.id());
          removeSoon(orphan.id());
        });
    Set<String> running =
        before.holders().stream()
            .filter(SlotHolders.Holder::running)
            .map(SlotHolders.Holder::id)
            .collect(Collectors.toSet());
    inside.forEach((holder, container) -> {
      if ("running".equals(container.getState()) && !running.contains(holder)) {
        work("holdfast-network-lost", () -> endUnlessHeld(holder, container.getId()));
      }
    });
  }

  private static Map<String, Container> byHolder(Collection<Container> containers) {
    Map<String, Container> inside = new HashMap<>();
    for (Container container : containers) {
      String mode =
          container.getHostConfig() == null
              ? ""
              : String.valueOf(container.getHostConfig().getNetworkMode());
      String holder = NetworkSlot.holder(mode);
      if (!holder.isEmpty()) {
        inside.put(holder, container);
      }
    }
    return inside;
  }

  private boolean isOrphan(SlotHolders.Holder holder) {
    if (locked(() -> used.containsKey(holder.id()))) {
      return false;
    }
    if (locked(() -> freeHolders().contains(holder.id()))) {
      return !holder.running() && locked(() -> dropFree(holder.id()));
    }
    if (holder.maker().equals(maker)) {
      return holder.createdAt().isBefore(Instant.now().minus(MAKE_LIMIT));
    }
    return !holder.maker().lives();
  }

  private Set<String> freeHolders() {
    return free.values().stream()
        .flatMap(Collection::stream)
        .map(NetworkSlot::holder)
        .collect(Collectors.toSet());
  }

  private boolean dropFree(String holder) {
    boolean dropped = false;
    for (Deque<NetworkSlot> queue : free.values()) {
      dropped |= queue.removeIf(slot -> slot.holder().equals(holder));
    }
    return dropped;
  }

  /// A container on the engine has died. If it held a slot, the slot is lost with it, and so is the
  /// network of the container inside.
  void died(String holder) {
    if (locked(() -> dropFree(holder))) {
      removeSoon(holder);
      return;
    }
    locked(() -> used.getOrDefault(holder, Optional.empty()))
        .ifPresent(container ->
            work("holdfast-network-lost", () -> endUnlessHeld(holder, container.value())));
  }

  private void endUnlessHeld(String holder, String container) {
    try {
      if (!holders.running(holder)) {
        LOG.warn("container {} has lost its network and is ended", container);
        docker.run(() -> docker.client().killContainerCmd(container).exec());
      }
    } catch (HoldfastException | DockerException e) {
      LOG.debug("container {} without a network was not ended: {}", container, e.getMessage());
    }
  }

  /// After a start that failed because its slot was dead: as after a restart of the engine, others
  /// are dead too.
  void dropDead() {
    List<String> dead =
        locked(() -> List.copyOf(freeHolders())).stream()
            .filter(holder -> !holders.running(holder))
            .filter(holder -> locked(() -> dropFree(holder)))
            .toList();
    dead.forEach(this::removeSoon);
  }

  // ---- other helpers

  /// Runs a task with a container that is none of an object and is removed afterwards; after a
  /// death of this process, like a slot that nobody uses.
  ///
  /// @param make makes it with these labels and returns its id
  void withHelper(Function<Map<String, String>, String> make, Consumer<String> task) {
    String helper = make.apply(holders.labels(maker));
    locked(() -> used.put(helper, Optional.empty()));
    try {
      task.accept(helper);
    } finally {
      remove(helper);
    }
  }

  // ---- the end

  private void removeSoon(String holder) {
    work("holdfast-network-removal", () -> removeNow(holder));
  }

  private void removeNow(String holder) {
    try {
      holders.remove(holder);
    } catch (HoldfastException e) {
      LOG.debug("{}", e.getMessage()); // An orphan now; a later look removes it.
    }
  }

  private void work(String name, Runnable task) {
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(() -> {
              try {
                task.run();
              } finally {
                atWork.remove(Thread.currentThread());
              }
            });
    atWork.add(thread);
    thread.start();
  }

  /// Makes no more, and removes what nobody uses; returns when that is done, or after 10 s.
  void drain() {
    List<String> unused =
        locked(() -> {
          enabled = false;
          List<String> all = List.copyOf(freeHolders());
          free.values().forEach(Deque::clear);
          return all;
        });
    unused.forEach(this::removeSoon);
    long deadline = System.nanoTime() + CLOSE_LIMIT.toNanos();
    try {
      for (Thread thread : new ArrayList<>(atWork)) {
        thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Slots in use stay with their containers.
  @Override
  public void close() {
    drain();
    maker.dies();
  }

  private Deque<NetworkSlot> queue(Network network) {
    return free.computeIfAbsent(network, _ -> new ArrayDeque<>());
  }

  private <T> T locked(java.util.function.Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
