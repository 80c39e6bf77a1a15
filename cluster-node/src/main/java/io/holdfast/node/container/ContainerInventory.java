package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.capacity.Resources;
import io.holdfast.node.capacity.StartTicket;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why does anything have to be removed? A node can die between "create" and "start"; the reply to a start can be lost and
 * the start be given up; a removal can fail; an app can be taken away. What is wanted is known exactly: each start has an
 * owner of its own (the epoch never repeats), wanted from before the engine is asked until its container was removed.
 * So whatever the engine lists and nobody wants, when looked at after the list was made, is an orphan.
 */
/// What is on the engine, compared with what the objects of this node want there. Thread-safe.
final class ContainerInventory {
  private static final Logger log = LoggerFactory.getLogger(ContainerInventory.class);

  private final ContainerHost host;
  private final AppCatalog apps;
  private final Set<ContainerOwner> wanted = ConcurrentHashMap.newKeySet();
  private final Semaphore soon = new Semaphore(0);

  // Guarded by this.
  private boolean adopted;

  ContainerInventory(ContainerHost host, AppCatalog apps) {
    this.host = host;
    this.apps = apps;
  }

  private ContainerEngine engine() {
    return host.engine();
  }

  void wants(ContainerOwner owner) {
    wanted.add(owner);
  }

  void wantsNoMore(ContainerOwner owner) {
    wanted.remove(owner);
  }

  // ---- adoption
  // -----------------------------------------------------------------------------------------------

  /// Takes over what an earlier life of this node left, and removes the rest. Does it once; no
  /// container is started before.
  ///
  /// @throws HoldfastException `engine_unavailable`
  synchronized void adopt() {
    if (adopted) {
      return;
    }
    List<FoundContainer> found = engine().list();
    Collection<FoundContainer> newest = newestOfEachObject(found);
    newest.forEach(this::adopt);
    int removed = removeUnwanted(found);
    adopted = true;
    host.usage().containers().foundAll();
    if (!found.isEmpty()) {
      log.info("containers of an earlier life: {} adopted, {} removed", newest.size(), removed);
    }
  }

  private Collection<FoundContainer> newestOfEachObject(List<FoundContainer> found) {
    Map<ContainerOwner.Key, FoundContainer> newest = new HashMap<>();
    for (FoundContainer each : found) {
      each.owner()
          .filter(owner -> isOurs(owner) && hasRun(each))
          .ifPresent(
              owner -> newest.merge(owner.key(), each, (a, b) -> epoch(a) > epoch(b) ? a : b));
    }
    return newest.values();
  }

  private boolean isOurs(ContainerOwner owner) {
    return NamespaceId.NAME.matcher(owner.app()).matches()
        && NamespaceId.NAME.matcher(owner.namespace()).matches()
        && apps.find(namespace(owner)).flatMap(ObjectClass::container).isPresent();
  }

  private static boolean hasRun(FoundContainer found) {
    return switch (found.phase()) {
      case RUNNING, PAUSED, EXITED -> true;
      case CREATED, REMOVING -> false;
    };
  }

  private static long epoch(FoundContainer found) {
    return found.owner().map(ContainerOwner::epoch).orElse(-1L);
  }

  private static NamespaceId namespace(ContainerOwner owner) {
    return new NamespaceId(owner.app(), owner.namespace());
  }

  private void adopt(FoundContainer found) {
    ContainerOwner owner = found.owner().orElseThrow();
    if (!wanted.add(owner)) {
      return; // Adopted by an earlier attempt, which the engine broke off.
    }
    try {
      host.sawEpoch(owner.epoch());
      adopt(found, owner);
    } catch (HoldfastException e) {
      if (e.code() == ErrorCode.ENGINE_UNAVAILABLE) {
        wanted.remove(owner);
        throw e;
      }
      // Something is wrong with this one alone: its object shall start anew.
      log.warn("container {} of {} cannot be adopted: {}", found.id(), owner.key(), e.getMessage());
      ended(found, owner, new ExitReason.Destroyed());
    } catch (RuntimeException e) {
      wanted.remove(owner);
      throw e;
    }
  }

  private void adopt(FoundContainer found, ContainerOwner owner) {
    switch (engine().inspect(found.id())) {
      case ContainerState.Running running -> {
        InstanceType type = host.type(found, namespace(owner));
        host.usage().containers().found(owner, found.id(), type, running.startedAt());
        running(found, owner, running.address());
      }
      case ContainerState.Paused paused -> {
        if (resumed(found)) {
          InstanceType type = host.type(found, namespace(owner));
          host.usage().containers().found(owner, found.id(), type, paused.startedAt());
          running(found, owner, paused.address());
        }
      }
      case ContainerState.Exited exited -> {
        InstanceType type = host.type(found, namespace(owner));
        host.usage()
            .containers()
            .foundEnded(owner, found.id(), type, Optional.of(exited.finishedAt()));
        ended(found, owner, exited.reason());
      }
      case ContainerState.Created created -> wanted.remove(owner);
      case ContainerState.Gone gone -> ended(found, owner, new ExitReason.Destroyed());
    }
  }

  private boolean resumed(FoundContainer found) {
    try {
      engine().resume(found.id());
      return true;
    } catch (HoldfastException e) {
      log.warn("container {} cannot be resumed: {}", found.id(), e.getMessage());
      found.owner().ifPresent(wanted::remove);
      return false;
    }
  }

  private void running(FoundContainer found, ContainerOwner owner, InetAddress reached) {
    ContainerRun.Place place =
        new ContainerRun.Place(owner, found.id(), Optional.of(reached), ContainerFacts.of(found));
    Resources need = Resources.of(host.type(found, namespace(owner)));
    StartTicket room = host.capacity().found(namespace(owner), need);
    while (!host.supervisor(address(owner)).foundRunning(place, room)) {
      Thread.onSpinWait(); // Retired just now: the next one asked for is a new one.
    }
    log.info("adopted container {} of {}", found.id(), owner.key());
  }

  private void ended(FoundContainer found, ContainerOwner owner, ExitReason reason) {
    ContainerRun.Place place =
        new ContainerRun.Place(owner, found.id(), Optional.empty(), ContainerFacts.of(found));
    host.supervisor(address(owner)).foundEnded(place, reason);
    log.info("container {} of {} has ended: {}", found.id(), owner.key(), reason.text());
  }

  private static ObjectAddress address(ContainerOwner owner) {
    return new ObjectAddress(namespace(owner), new ObjectId(owner.objectId(), Optional.empty()));
  }

  // ---- cleaning
  // -----------------------------------------------------------------------------------------------

  /// Removes what nobody wants.
  private void clean() {
    removeUnwanted(engine().list());
  }

  private int removeUnwanted(List<FoundContainer> found) {
    return (int)
        found.stream()
            .filter(each -> each.owner().filter(wanted::contains).isEmpty())
            .filter(this::remove)
            .count();
  }

  private boolean remove(FoundContainer found) {
    try {
      engine().destroy(found.id());
      log.info(
          "removed container {} ({}) of {}: nobody wants it",
          found.id(),
          found.image(),
          found.owner().map(ContainerOwner::toString).orElse("unknown owner"));
      return true;
    } catch (HoldfastException e) {
      log.warn("container {} could not be removed: {}", found.id(), e.getMessage());
      return false;
    }
  }

  // ---- keeping it in line
  // -------------------------------------------------------------------------------------

  /// Adopts as soon as the engine is there, then cleans from time to time, until the host closes.
  void keep(Duration every) {
    boolean away = false;
    while (!host.isClosed()) {
      try {
        adopt();
        clean();
        away = false;
        awaitWork(every);
      } catch (RuntimeException e) {
        if (!away && !host.isClosed()) {
          log.warn("containers cannot be looked after for now: {}", e.getMessage());
        }
        away = true;
        awaitWork(host.retryPause());
      }
    }
  }

  /// Something may have been left on the engine.
  void cleanSoon() {
    soon.release();
  }

  private void awaitWork(Duration most) {
    try {
      if (soon.tryAcquire(most.toNanos(), TimeUnit.NANOSECONDS)) {
        soon.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
