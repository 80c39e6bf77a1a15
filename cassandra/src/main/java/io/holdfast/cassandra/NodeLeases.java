package io.holdfast.cassandra;

import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A node has many leases, one for each shard, and they end together: when the node does. So a node has one session, a lease
 * that it renews, and each of its leases is a row that names the session. Holding a thousand costs what holding one does.
 *
 * Who wants a lease of another session asks whether that session is over. Each node watches all sessions of its region all the
 * time, and takes those that have gone silent away from their owners; so when a node has died, whoever takes its leases need
 * not wait anew. A session is over when its row names another owner: then the owner believes in it no more (see Lease), and
 * cannot renew it again.
 */
/// The leases of one life of a node: nobody else has one while [#isHeld] says so here.
///
/// Thread-safe; all but [#isHeld] and [#isAlive] block.
public final class NodeLeases implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeLeases.class);
  private static final int BEATS = 4;

  private static final long PAUSE_MIN_NANOS = 10_000_000;

  /** What a node needs to be told once, to begin, it asks again for so long. */
  private static final Duration BEGINS_WITHIN = Duration.ofSeconds(20);

  /** The list of those sessions whose node is a member of a cluster. */
  private static final String MEMBERS = "|members";

  private static final String FOUNDER = "founder";

  private final String region;
  private final String life;
  private final LeaseStore store;
  private final SessionList sessions;
  private final Duration ttl;
  private final Duration margin;
  private final LongSupplier nanoTime;
  private final Lease session;

  /** Those of other nodes, to find out when they are silent; used by one thread. */
  private final Map<String, Lease> watched = new HashMap<>();

  private final Map<String, LeaseRow> held = new ConcurrentHashMap<>();

  /** Released here, but perhaps not in the store: nobody else gets them until that is done. */
  private final Set<String> owed = ConcurrentHashMap.newKeySet();

  private final List<Runnable> whenLost = new CopyOnWriteArrayList<>();
  private volatile boolean lost;
  private volatile boolean closed;

  /// @param life names this life of this node: never used before
  /// @param ttl how long a node may be silent; the same for all nodes of the region
  /// @param margin see [Lease]
  /// @param nanoTime a monotonic clock that goes on while the process is stopped
  public NodeLeases(
      String region,
      String life,
      LeaseStore store,
      SessionList sessions,
      Duration ttl,
      Duration margin,
      LongSupplier nanoTime) {
    this.region = region;
    this.life = life;
    this.store = store;
    this.sessions = sessions;
    this.ttl = ttl;
    this.margin = margin;
    this.nanoTime = nanoTime;
    this.session = session(life);
  }

  private Lease session(String id) {
    return new Lease(sessionName(id), life, store, ttl, margin, nanoTime);
  }

  private String sessionName(String id) {
    return sessionName(region, id);
  }

  static String sessionName(String region, String id) {
    return region + "|session|" + id;
  }

  /// Begins the session, and from then on gives signs of life and watches the others.
  ///
  /// @throws HoldfastException `storage_failed` when the store does not take it for 20 s
  public void start() {
    begin();
    thread("holdfast-lease-beat", this::beat);
    list(region);
    thread("holdfast-lease-watch", this::watch);
  }

  /** The beginning of [#start], without its threads. */
  void open() {
    begin();
    list(region);
  }

  private void begin() {
    while (!untilAnswered(session::tryAcquire)) {
      log.warn("the session could not be begun in time, trying again");
    }
  }

  private void list(String where) {
    boolean _ =
        untilAnswered(() -> {
          sessions.add(where, life);
          return true;
        });
  }

  /** A store that is busy for a moment does not keep a node from beginning. */
  private boolean untilAnswered(BooleanSupplier question) {
    long deadline = nanoTime.getAsLong() + BEGINS_WITHIN.toNanos();
    while (true) {
      try {
        return question.getAsBoolean();
      } catch (HoldfastException e) {
        if (nanoTime.getAsLong() - deadline >= 0) {
          throw e;
        }
        log.warn("asking again: {}", e.getMessage());
        pauseUntil(nanoTime.getAsLong());
      }
    }
  }

  /** Not virtual: code that keeps all carriers busy must not end the session. */
  private void thread(String name, Runnable step) {
    Thread.ofPlatform()
        .daemon()
        .name(name)
        .start(() -> {
          while (!closed && !lost) {
            long next = nanoTime.getAsLong() + ttl.dividedBy(BEATS).toNanos();
            try {
              step.run();
            } catch (HoldfastException e) {
              log.warn("{}: {}", name, e.getMessage());
            } catch (RuntimeException e) {
              log.error("{} failed", name, e);
            }
            pauseUntil(next);
          }
        });
  }

  /** What took too long is done again at once: by another node of Cassandra, perhaps. */
  private void pauseUntil(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(Math.max(PAUSE_MIN_NANOS, nanos - nanoTime.getAsLong())));
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /// One sign of life.
  void beat() {
    if (closed || session.renew() || session.isHeld()) {
      return;
    }
    if (isOver(life)) {
      lost = true;
      log.error("another node has ended the session of this one, which was silent for too long");
      whenLost.forEach(this::runOnce);
    }
  }

  /// Gives back what could not be given back before, which no sign of life may wait for; then one
  /// look at the others.
  void watch() {
    owed.forEach(this::giveBack);
    List<String> others =
        sessions.sessions(region).stream().filter(id -> !id.equals(life)).toList();
    watched.keySet().retainAll(others);
    for (String other : others) {
      if (watched.computeIfAbsent(other, this::session).tryAcquire()) {
        sessions.remove(region, other);
        sessions.remove(region + MEMBERS, other);
        watched.remove(other);
        log.info("the session {} of a node is over", other);
      }
    }
  }

  /// Whether a life of a node of the region is over; one that is not known has never begun, or is
  /// forgotten since it ended.
  ///
  /// @throws HoldfastException `storage_failed`
  public boolean isOver(String id) {
    return store.read(sessionName(id)).flatMap(LeaseRow::owner).filter(id::equals).isEmpty();
  }

  /// Whether this node may act as the owner of anything now. Asks nobody.
  public boolean isAlive() {
    return session.isHeld();
  }

  /// How long it may from now on, if it cannot give a sign of life. Asks nobody.
  public Duration left() {
    return session.left();
  }

  /// Runs once when the session is over, on a thread of this, or at once when it is over already:
  /// nothing can be held any more.
  public void onLost(Runnable task) {
    whenLost.add(task);
    if (lost) {
      runOnce(task);
    }
  }

  private void runOnce(Runnable task) {
    if (whenLost.remove(task)) {
      task.run();
    }
  }

  // ---- who is a member
  // ----------------------------------------------------------------------------------------------

  /// This node has become a member of the cluster.
  ///
  /// @throws HoldfastException `storage_failed` when the store does not take it for 20 s
  public void isMember() {
    list(region + MEMBERS);
  }

  /// Whether this node may begin a cluster: no other node of the region is a member of one, or
  /// about to begin one. One that has died counts until its session is over.
  ///
  /// @throws HoldfastException `storage_failed`
  public boolean mayFound() {
    return acquire(FOUNDER) && !othersAreMembers();
  }

  private boolean othersAreMembers() {
    List<String> members = sessions.sessions(region + MEMBERS);
    return sessions.sessions(region).stream()
        .anyMatch(id -> !id.equals(life) && members.contains(id));
  }

  // ---- leases
  // -------------------------------------------------------------------------------------------------------

  /// One try to get a lease.
  ///
  /// @return whether it is held
  /// @throws HoldfastException `storage_failed`; it may be held in the store then, and a later try
  ///   finds that out
  public boolean acquire(String name) {
    Optional<LeaseRow> there = store.read(leaseName(name));
    Optional<String> owner = there.flatMap(LeaseRow::owner);
    boolean mine = owner.filter(life::equals).isPresent();
    if (mine && there.get().equals(held.get(name))) {
      return isAlive();
    }
    if (!mine && owner.isPresent() && !isOver(owner.get())) {
      return false;
    }
    LeaseRow next = next(there, mine);
    if (!store.swap(leaseName(name), there, next)) {
      return false;
    }
    owed.remove(name);
    held.put(name, next);
    return isAlive();
  }

  /** Ours, too, is written anew: to give it back may still be on its way. */
  private LeaseRow next(Optional<LeaseRow> there, boolean mine) {
    return there
        .map(row -> mine ? row.alive() : row.takenBy(life))
        .orElseGet(() -> LeaseRow.first(life));
  }

  private String leaseName(String name) {
    return region + "|" + name;
  }

  /// Whether a lease is held now. Asks nobody.
  public boolean isHeld(String name) {
    return held.containsKey(name) && isAlive();
  }

  /// Gives a lease back, so that others can have it; also one that may be held in the store only,
  /// because nobody was told so. What the store does not take now it is told again.
  public void release(String name) {
    held.remove(name);
    owed.add(name);
    giveBack(name);
  }

  private void giveBack(String name) {
    try {
      Optional<LeaseRow> there = store.read(leaseName(name));
      boolean mine = there.flatMap(LeaseRow::owner).filter(life::equals).isPresent();
      if (!mine || store.swap(leaseName(name), there, there.get().givenBack())) {
        owed.remove(name);
      }
    } catch (HoldfastException e) {
      log.warn("the lease {} could not be given back yet: {}", name, e.getMessage());
    }
  }

  /// Ends the session: all leases are free at once.
  @Override
  public void close() {
    closed = true;
    held.clear();
    try {
      session.release();
      sessions.remove(region, life);
      sessions.remove(region + MEMBERS, life);
    } catch (HoldfastException e) {
      log.warn("the session ends by silence, it could not be given back: {}", e.getMessage());
    }
  }
}
