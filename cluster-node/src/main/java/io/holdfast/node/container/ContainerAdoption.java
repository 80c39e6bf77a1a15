package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Two sources tell what an earlier life of the node left: the engine, what runs or has ended there; the book, which runs were
 * not over. They need not agree, for both may have changed while no node was there:
 *
 *   engine    book                what is done
 *   running   known               taken over, prepared if it was; told to end again if it was, and when its class has got
 *                                 another image since
 *   running   unknown             taken over; nothing was sent to it yet, so it is not prepared
 *   ended     known or unknown    its object is told, then it is removed
 *   gone      known               its object is told: as was noted, or that somebody removed it
 *
 * An object may have one run that has ended, whose report was repeated when the node died, and a later one that runs.
 */
/// What a node that starts does with the containers of its earlier life, once. Not thread-safe.
final class ContainerAdoption {
  private static final Logger log = LoggerFactory.getLogger(ContainerAdoption.class);

  private final ContainerHost host;
  private final AppCatalog apps;
  private final ContainerInventory inventory;

  /** What was taken care of, also by an earlier attempt which the engine broke off. */
  private final Set<ContainerOwner> done = new HashSet<>();

  ContainerAdoption(ContainerHost host, AppCatalog apps, ContainerInventory inventory) {
    this.host = host;
    this.apps = apps;
    this.inventory = inventory;
  }

  /// Takes over what runs of that list, and tells objects of what has ended.
  ///
  /// @throws HoldfastException `engine_unavailable`, or when the book cannot be read; to be tried
  ///   again
  void adopt(List<FoundContainer> found) {
    Map<ContainerOwner, RunFact> facts = new HashMap<>();
    for (RunFact fact : host.book().all()) {
      facts.put(fact.owner(), fact);
      host.sawEpoch(fact.owner().epoch());
    }
    for (FoundContainer each : newestOfEachObject(found)) {
      ContainerOwner owner = each.owner().orElseThrow();
      adopt(each, known(owner, facts));
    }
    facts.values().forEach(this::reportGone);
  }

  /** What is unknown was never used: an earlier version has kept no facts. */
  private RunFact known(ContainerOwner owner, Map<ContainerOwner, RunFact> facts) {
    RunFact fact = facts.get(owner);
    return fact == null ? RunFact.of(owner, imageOf(owner)) : fact;
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

  private static ObjectAddress address(ContainerOwner owner) {
    return new ObjectAddress(namespace(owner), new ObjectId(owner.objectId(), Optional.empty()));
  }

  // ---- what the engine has
  // ------------------------------------------------------------------------------------

  private void adopt(FoundContainer found, RunFact fact) {
    ContainerOwner owner = fact.owner();
    if (!done.add(owner)) {
      return;
    }
    inventory.wants(owner);
    try {
      host.sawEpoch(owner.epoch());
      inspect(found, fact);
    } catch (HoldfastException e) {
      if (e.code() == ErrorCode.ENGINE_UNAVAILABLE) {
        leaveForLater(owner);
        throw e;
      }
      // Something is wrong with this one alone: its object shall start anew.
      log.warn("container {} of {} cannot be adopted: {}", found.id(), owner.key(), e.getMessage());
      ended(found, fact, new ExitReason.Destroyed());
    } catch (RuntimeException e) {
      leaveForLater(owner);
      throw e;
    }
  }

  private void leaveForLater(ContainerOwner owner) {
    done.remove(owner);
    inventory.wantsNoMore(owner);
  }

  private void inspect(FoundContainer found, RunFact fact) {
    ContainerEngine engine = host.engine();
    ContainerOwner owner = fact.owner();
    switch (engine.inspect(found.id())) {
      case ContainerState.Running running -> {
        host.usage().containers().found(owner, found.id(), type(found), running.startedAt());
        running(found, fact, running.address());
      }
      case ContainerState.Paused paused -> {
        engine.resume(found.id());
        host.usage().containers().found(owner, found.id(), type(found), paused.startedAt());
        running(found, fact, paused.address());
      }
      case ContainerState.Exited exited -> {
        host.usage()
            .containers()
            .foundEnded(owner, found.id(), type(found), Optional.of(exited.finishedAt()));
        ended(found, fact, exited.reason());
      }
      case ContainerState.Created created -> inventory.wantsNoMore(owner);
      case ContainerState.Gone gone -> ended(found, fact, new ExitReason.Destroyed());
    }
  }

  private void running(FoundContainer found, RunFact fact, InetAddress reached) {
    ContainerOwner owner = fact.owner();
    ContainerRun.Place place =
        new ContainerRun.Place(owner, found.id(), Optional.of(reached), ContainerFacts.of(found));
    RunFact now = imageOf(owner).equals(fact.image()) ? fact : fact.toldToEnd();
    StartTicket room = host.capacity().found(namespace(owner), Resources.of(type(found)));
    while (!host.supervisor(address(owner)).foundRunning(place, room, now)) {
      Thread.yield(); // Retired just now: the next one asked for is a new one.
    }
    log.info(
        "adopted container {} of {}{}",
        found.id(),
        owner.key(),
        now.endWanted() ? "; it was told to end, or its class has another image now" : "");
  }

  private InstanceType type(FoundContainer found) {
    return host.type(found, namespace(found.owner().orElseThrow()));
  }

  private String imageOf(ContainerOwner owner) {
    return apps.objectClass(namespace(owner)).container().orElseThrow().image();
  }

  private void ended(FoundContainer found, RunFact fact, ExitReason reason) {
    log.info("container {} of {} has ended: {}", found.id(), fact.owner().key(), reason.text());
    tell(fact, Optional.of(found.id()), reason);
  }

  private void tell(RunFact fact, Optional<ContainerId> left, ExitReason reason) {
    RunFact ended = fact.ended(fact.endOr(reason));
    host.supervisor(address(fact.owner())).foundEnded(ended, left, reason);
  }

  // ---- what only the book has
  // ---------------------------------------------------------------------------------

  private void reportGone(RunFact fact) {
    if (!done.add(fact.owner())) {
      return;
    }
    if (!isOurs(fact.owner())) {
      inventory.settled(fact.owner(), host.book().erase(fact));
      return;
    }
    inventory.wants(fact.owner());
    log.info("the container of {} is gone; its object is told", fact.owner());
    tell(fact, Optional.empty(), new ExitReason.Destroyed());
  }
}
