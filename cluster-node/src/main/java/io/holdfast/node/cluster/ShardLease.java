package io.holdfast.node.cluster;

import io.holdfast.cassandra.NodeLeases;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;

/// A lease as Pekko's sharding and its split-brain resolver want it, on [NodeLeases].
///
/// Named by `lease-class` in the settings. The session of the node keeps all of its leases, so
/// there is no timer here.
public final class ShardLease extends Lease {
  private static final Executor THREADS =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("lease").factory());

  private final LeaseSettings settings;
  private final Ownership ownership;
  private final NodeLeases leases;
  private final AtomicBoolean watched = new AtomicBoolean();
  private volatile boolean wanted;

  public ShardLease(LeaseSettings settings, ExtendedActorSystem system) {
    this.settings = settings;
    this.ownership = Ownership.get(system);
    this.leases =
        ownership
            .leases()
            .orElseThrow(() -> new IllegalStateException("leases need holdfast.store = cassandra"));
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return acquire(_ -> {});
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
    if (watched.compareAndSet(false, true)) {
      leases.onLost(() -> {
        if (wanted) {
          lost.accept(Optional.empty());
        }
      });
    }
    wanted = true;
    return apart(() -> {
      boolean acquired = leases.acquire(settings.leaseName());
      if (!wanted) { // Released while this was on its way.
        leases.release(settings.leaseName());
        return false;
      }
      return acquired;
    });
  }

  @Override
  public CompletionStage<Boolean> release() {
    wanted = false;
    return apart(() -> {
      ownership.clear(settings.leaseName());
      if (!wanted) { // Acquired again while that was under way.
        leases.release(settings.leaseName());
      }
      return true;
    });
  }

  private static CompletionStage<Boolean> apart(Supplier<Boolean> step) {
    return CompletableFuture.supplyAsync(step, THREADS);
  }

  @Override
  public boolean checkLease() {
    return leases.isHeld(settings.leaseName());
  }
}
