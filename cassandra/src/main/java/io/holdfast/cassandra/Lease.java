package io.holdfast.cassandra;

import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/*
 * No wall clock is asked, neither ours nor the store's: a clock that jumps changes nothing. Two processes need only agree on
 * how long a second is, within the margin.
 *
 *   the owner     believes in its lease for `ttl` less the margin, counted from before it sent its last sign of life
 *   another one   takes it when it has seen the same row for `ttl`, counted from after it was first answered so
 *
 * What the other saw was stored before that answer, so it waits until after the owner has stopped believing; and it takes the
 * lease only if that row is still there. A process that was stopped finds by its own clock that its lease has run out.
 *
 * A sign of life whose reply was lost may be stored: the owner then finds its own row one beat ahead, and goes on from there.
 */
/// A lease that one process at a time holds: nobody else while [#isHeld] says so there.
///
/// Somebody has to call [#renew] often enough. Thread-safe; all but [#isHeld] and [#token] block.
public final class Lease {
  private final String name;
  private final String owner;
  private final LeaseStore store;
  private final long ttlNanos;
  private final long believedNanos;
  private final LongSupplier nanoTime;

  // Guarded by this.

  /** The row of another owner that is being watched, and since when. */
  private @Nullable LeaseRow watched;

  private long watchedSince;

  /**
   * Rows of which nobody knows whether they were stored, and until when each is believed in: it was
   * stored after it was first sent.
   */
  private final Map<LeaseRow, Long> unknown = new HashMap<>();

  // Written under this; read by anybody.

  private volatile @Nullable Held held;

  /**
   * @param until by the monotonic clock
   */
  private record Held(LeaseRow row, long until) {}

  /// @param owner unique for this life of this process
  /// @param ttl how long an owner may be silent; the same for all who want the lease
  /// @param margin by which an owner stops believing earlier: more than two clocks drift apart
  ///   within a ttl
  /// @param nanoTime a monotonic clock that goes on while the process is stopped
  public Lease(
      String name,
      String owner,
      LeaseStore store,
      Duration ttl,
      Duration margin,
      LongSupplier nanoTime) {
    if (margin.isNegative() || margin.compareTo(ttl) >= 0) {
      throw new IllegalArgumentException(
          "expected a margin of 0 up to the ttl of %s, found %s".formatted(ttl, margin));
    }
    this.name = name;
    this.owner = owner;
    this.store = store;
    this.ttlNanos = ttl.toNanos();
    this.believedNanos = ttl.minus(margin).toNanos();
    this.nanoTime = nanoTime;
  }

  /// Whether it is held now. Asks nobody.
  public boolean isHeld() {
    Held mine = held;
    return mine != null && nanoTime.getAsLong() - mine.until() < 0;
  }

  /// How long it is held from now on, if it is not renewed. Asks nobody.
  public Duration left() {
    Held mine = held;
    return mine == null
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, mine.until() - nanoTime.getAsLong()));
  }

  /// The token of the lease while it is held; above those of all earlier owners.
  public OptionalLong token() {
    Held mine = held;
    return mine != null && isHeld() ? OptionalLong.of(mine.row().token()) : OptionalLong.empty();
  }

  /// One try to get it. Call it again after a while: an owner that has gone silent is found out
  /// only by looking more than once.
  ///
  /// @return whether it is held
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`; it may be held in the store then,
  ///   and a later try finds that out
  public synchronized boolean tryAcquire() {
    long before = nanoTime.getAsLong();
    Optional<LeaseRow> there = read();
    if (there.isEmpty()) {
      return taken(before, there, LeaseRow.first(owner)) && isHeld();
    }
    LeaseRow row = there.get();
    if (row.owner().filter(owner::equals).isPresent()) {
      return taken(before, there, row.alive()) && isHeld();
    }
    return (row.owner().isEmpty() || isSilent(row))
        && taken(before, there, row.takenBy(owner))
        && isHeld();
  }

  /** While the store is away every owner is silent: that counts for nothing. */
  private Optional<LeaseRow> read() {
    try {
      return store.read(name);
    } catch (HoldfastException e) {
      watched = null;
      throw e;
    }
  }

  private boolean isSilent(LeaseRow row) {
    long now = nanoTime.getAsLong();
    if (!row.equals(watched)) {
      watched = row;
      watchedSince = now;
      return false;
    }
    return now - watchedSince >= ttlNanos;
  }

  /** Whether the row is ours now; if that came in time is for {@link #isHeld} to say. */
  private boolean taken(long before, Optional<LeaseRow> there, LeaseRow next) {
    unknown.putIfAbsent(next, before + believedNanos);
    if (!store.swap(name, there, next)) {
      return false;
    }
    unknown.clear();
    watched = null;
    held = new Held(next, before + believedNanos);
    return true;
  }

  /// Gives a sign of life, if the lease is held or was.
  ///
  /// @return whether it is held: false when another one has taken it, or when this came too late to
  ///   know
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`; what is believed stays as it was,
  ///   so try again before that ends
  public synchronized boolean renew() {
    Held mine = held;
    if (mine == null) {
      return false;
    }
    long before = nanoTime.getAsLong();
    return taken(before, Optional.of(mine.row()), mine.row().alive()) ? isHeld() : findOut(mine);
  }

  /** Another row is there: of another owner, or ours with a beat whose reply was lost. */
  private boolean findOut(Held mine) {
    Optional<LeaseRow> there = store.read(name);
    boolean ours =
        there
            .filter(row -> row.token() == mine.row().token())
            .flatMap(LeaseRow::owner)
            .filter(owner::equals)
            .isPresent();
    held =
        ours
            ? new Held(there.orElseThrow(), unknown.getOrDefault(there.orElseThrow(), mine.until()))
            : null;
    return isHeld();
  }

  /// Gives it back, so that the next one need not wait; does nothing when it is not held.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`; it is not held here any more,
  ///   whatever the store says
  public synchronized void release() {
    Held mine = held;
    held = null;
    if (mine != null) {
      boolean _ = store.swap(name, Optional.of(mine.row()), mine.row().givenBack());
    }
  }
}
