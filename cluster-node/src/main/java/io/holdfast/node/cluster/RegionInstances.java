package io.holdfast.node.cluster;

import io.holdfast.cassandra.InstanceShares;
import io.holdfast.cassandra.InstanceTable;
import io.holdfast.node.capacity.InstanceDivision;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A namespace has one row for each region: how many instances each node may run. A node changes its own number, by comparing
 * and setting the version of the row, so that the sum stays within the maximum. What it may run is what is stored: it stores
 * more before it runs more, and runs fewer before it stores fewer. So a reply that is lost costs room for a while, and never
 * gives too much. A change without a reply may come late, and then be the last: so another one is made in any case.
 *
 * The share of a node that has died is free when its session is over (see NodeLeases): then its containers are gone, too.
 *
 * A region goes on when it is cut off from the others, so each has the whole maximum.
 */
/// `maxInstances` over the nodes of a region: each has its share, takes more when a start needs it
/// and gives back what it does not need.
///
/// Asks the store only when a container starts or ends. Thread-safe.
public final class RegionInstances implements InstanceDivision {
  private static final Logger log = LoggerFactory.getLogger(RegionInstances.class);

  /** Others may have ended one, or their session may be over. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** Others change the same row. */
  private static final int TRIES = 30;

  private final String region;
  private final String life;
  private final InstanceTable table;
  private final Predicate<String> isOver;
  private final ToIntFunction<NamespaceId> max;
  private final Executor executor;
  private final NodeCapacity.Timer timer;
  private final Map<NamespaceId, Share> shares = new ConcurrentHashMap<>();

  /// @param life of this node
  /// @param isOver whether another life is over; blocks
  /// @param max how many instances a namespace may have
  /// @param executor for what blocks
  public RegionInstances(
      String region,
      String life,
      InstanceTable table,
      Predicate<String> isOver,
      ToIntFunction<NamespaceId> max,
      Executor executor,
      NodeCapacity.Timer timer) {
    this.region = region;
    this.life = life;
    this.table = table;
    this.isOver = isOver;
    this.max = max;
    this.executor = executor;
    this.timer = timer;
  }

  @Override
  public void changed(NodeCapacity capacity, NamespaceId namespace) {
    shares.computeIfAbsent(namespace, name -> new Share(capacity, name)).look();
  }

  /** Of one namespace; one thread at a time looks after it. */
  private final class Share {
    private final NodeCapacity capacity;
    private final NamespaceId namespace;
    private final String pool;

    // Guarded by this.
    private boolean looking;
    private boolean again;
    private boolean later;

    // Of the thread that looks.

    /** What is stored for this node, as far as it knows. */
    private int stored;

    /**
     * A change of which nobody knows whether it was made may still be made, until another one is.
     */
    private boolean unknown;

    Share(NodeCapacity capacity, NamespaceId namespace) {
      this.capacity = capacity;
      this.namespace = namespace;
      this.pool = region + "|" + namespace;
    }

    void look() {
      synchronized (this) {
        again = true;
        if (looking) {
          return;
        }
        looking = true;
      }
      executor.execute(this::run);
    }

    private void run() {
      boolean enough = true;
      while (isToLook()) {
        enough = settles();
      }
      if (!enough) {
        lookLater();
      }
    }

    private synchronized boolean isToLook() {
      looking = again;
      again = false;
      return looking;
    }

    private void lookLater() {
      synchronized (this) {
        if (later) {
          return;
        }
        later = true;
      }
      timer.after(
          LOOK_EVERY,
          () -> {
            synchronized (this) {
              later = false;
            }
            look();
          });
    }

    /** Whether this node has what it wants and no more. */
    private boolean settles() {
      try {
        for (int i = 0; i < TRIES; i++) {
          int kept = capacity.giveUp(namespace);
          int wanted = capacity.wanted(namespace);
          if (!unknown && kept == wanted && stored == wanted) {
            return true;
          }
          InstanceShares now = table.read(pool);
          stored = now.of(life);
          InstanceShares free = room(now) < wanted ? withoutTheDead(now) : now;
          // What runs is counted, also when the maximum is smaller than it was.
          int share = Math.max(kept, Math.min(wanted, room(free)));
          if (!unknown && share == stored) {
            capacity.share(namespace, share);
            return share >= wanted;
          }
          unknown = true;
          boolean changed = table.swap(pool, free.with(life, share));
          unknown = false; // The version that an earlier one was for is there no more.
          if (changed) {
            stored = share;
            capacity.share(namespace, share);
          }
        }
      } catch (HoldfastException e) {
        log.warn("the share of {} in its instances: {}", namespace, e.getMessage());
      } catch (RuntimeException e) {
        log.error("the share of {} in its instances", namespace, e); // It looks again all the same.
      }
      return false;
    }

    private int room(InstanceShares shares) {
      return max.applyAsInt(namespace) - shares.ofOthers(life);
    }

    private InstanceShares withoutTheDead(InstanceShares shares) {
      Map<String, Integer> living = new HashMap<>(shares.byLife());
      living.keySet().removeIf(other -> !other.equals(life) && isOver.test(other));
      return new InstanceShares(shares.version(), living);
    }
  }
}
