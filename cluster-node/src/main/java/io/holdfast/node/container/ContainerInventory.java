package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.FoundContainer;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
  private final ContainerAdoption adoption;
  private final Set<ContainerOwner> wanted = ConcurrentHashMap.newKeySet();
  private final Semaphore soon = new Semaphore(0);

  // Guarded by this.
  private boolean adopted;

  ContainerInventory(ContainerHost host, AppCatalog apps) {
    this.host = host;
    this.adoption = new ContainerAdoption(host, apps, this);
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

  /// The run is over and its object knows.
  ///
  /// @param forgotten completes when the book has forgotten it: until then the owner is not given
  ///   up, so that nothing of it is told again
  void settled(ContainerOwner owner, CompletableFuture<Void> forgotten) {
    var _ =
        forgotten.whenComplete((_, error) -> {
          if (error != null) {
            log.warn(
                "{}: its end will be told once more after a restart: {}", owner, error.toString());
          }
          wantsNoMore(owner);
        });
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
    if (host.mayLoseObjects()) {
      found.forEach(each -> each.owner().ifPresent(owner -> host.sawEpoch(owner.epoch())));
    } else {
      adoption.adopt(found);
    }
    int removed = removeUnwanted(found);
    adopted = true;
    host.usage().containers().foundAll();
    if (!found.isEmpty()) {
      log.info("containers of an earlier life: {} found, {} removed", found.size(), removed);
    }
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
