package io.holdfast.node.region;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.holdfast.cassandra.Placement;
import io.holdfast.cassandra.PlacementDirectory;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * A unique id says where its object began, so only one that has moved has a row. An object with a name has its row from the
 * first call on.
 *
 * Who calls an object may go by what it once knew: where the object is not any more, it is told so (`ObjectMoved`). Who is to
 * run it may not: it reads its own region's copy of the row, which has all that was changed by this region, and only the
 * home of an object changes its row.
 */
/// In which region each object has its home, in a cluster of several. Never blocks; any thread.
public final class Placements {
  private static final int CACHED_MAX = 200_000;

  private final Regions regions;
  private final Predicate<Region> reachable;
  private final LostRegions lost;
  private final PlacementDirectory directory;
  private final Hosts hosts;
  private final Cache<String, Placement> known =
      Caffeine.newBuilder().maximumSize(CACHED_MAX).build();
  private final ConcurrentMap<String, Lookup> lookups = new ConcurrentHashMap<>();

  /// Who wants to know where an object is.
  public interface Seeker {
    /// It is there; callers of one object are told in the order in which they asked.
    void found(Region home);

    /// Nobody knows just now.
    void failed(HoldfastException why);
  }

  /// @param reachable which regions can be reached now
  public Placements(
      Regions regions,
      Predicate<Region> reachable,
      LostRegions lost,
      PlacementDirectory directory,
      Hosts hosts) {
    this.regions = regions;
    this.reachable = reachable;
    this.lost = lost;
    this.directory = directory;
    this.hosts = hosts;
  }

  public Regions regions() {
    return regions;
  }

  // ---- for callers
  // --------------------------------------------------------------------------------------------

  /// Finds the home of an object, or gives it one.
  ///
  /// @param hint where it should begin
  public void locate(ObjectAddress object, Optional<String> hint, Seeker seeker) {
    String key = object.key();
    while (true) {
      Lookup lookup = lookups.get(key);
      if (lookup == null) {
        Placement home = remembered(object, key);
        if (home != null) {
          found(object, home, seeker);
          return;
        }
        Lookup mine = new Lookup(object, key);
        lookup = lookups.putIfAbsent(key, mine);
        if (lookup == null) {
          mine.add(seeker);
          findOrClaim(object, hint).whenComplete(mine::end);
          return;
        }
      }
      if (lookup.add(seeker)) {
        return;
      }
    }
  }

  private @Nullable Placement remembered(ObjectAddress object, String key) {
    Placement home = known.getIfPresent(key);
    Placement likely = home == null ? birthplace(object).orElse(null) : home;
    return likely == null || isGivenUp(likely) ? null : likely;
  }

  private boolean isGivenUp(Placement home) {
    return regions.named(home.region()).filter(lost::isGivenUp).isPresent();
  }

  /** Where an object with a unique id has begun. */
  private Optional<Placement> birthplace(ObjectAddress object) {
    return regions
        .numbered(ObjectIds.region(object.id()))
        .map(region -> Placement.first(region.name()));
  }

  private CompletableFuture<Placement> findOrClaim(ObjectAddress object, Optional<String> hint) {
    return directory
        .known(object.key())
        .thenCompose(row -> homeOr(row, object, hint, () -> rescue(object, hint)));
  }

  private CompletableFuture<Placement> homeOr(
      Optional<Placement> row,
      ObjectAddress object,
      Optional<String> hint,
      Supplier<CompletableFuture<Placement>> givenUp) {
    Optional<Placement> home = row.or(() -> birthplace(object));
    if (home.isEmpty()) {
      return claim(object, hint);
    }
    return isGivenUp(home.get()) ? givenUp.get() : CompletableFuture.completedFuture(home.get());
  }

  private CompletableFuture<Placement> claim(ObjectAddress object, Optional<String> hint) {
    Region home = regions.home(hint, Jurisdiction.of(object.id()), takes(object.namespace()));
    return hosts.has(home, object.namespace())
        ? directory.claim(object.key(), Placement.first(home.name()))
        : CompletableFuture.failedFuture(Hosts.missing(home, object));
  }

  /** Which regions can take objects of a namespace now. */
  private Predicate<Region> takes(NamespaceId namespace) {
    return region -> reachable.test(region) && !lost.isLost(region) && hosts.has(region, namespace);
  }

  /** Gives the object of a lost region another home, unless someone has. */
  private CompletableFuture<Placement> rescue(ObjectAddress object, Optional<String> hint) {
    return directory
        .current(object.key())
        .thenCompose(row ->
            homeOr(
                row,
                object,
                hint,
                () -> rescue(object, hint, row.or(() -> birthplace(object)).orElseThrow())));
  }

  private CompletableFuture<Placement> rescue(
      ObjectAddress object, Optional<String> hint, Placement from) {
    Optional<Jurisdiction> law = Jurisdiction.of(object.id());
    Predicate<Region> takes = takes(object.namespace());
    Region to = regions.home(hint, law, takes);
    if (!takes.test(to)) {
      throw new HoldfastException(
          ErrorCode.REGION_UNREACHABLE,
          "Durable Object %s lives in region %s, which was declared lost, and no other one can take it%s"
              .formatted(
                  object,
                  from.region(),
                  law.map(each -> " under jurisdiction " + each).orElse("")));
    }
    Placement next = from.next(to.name(), 0); // What has been copied from there is all there is.
    return replace(object, from, next)
        .thenCompose(
            done -> done ? CompletableFuture.completedFuture(next) : findOrClaim(object, hint));
  }

  /// Where an object with a unique id begins that is made here.
  ///
  /// @throws HoldfastException `jurisdiction_unavailable`
  public Region birthRegion(NamespaceId namespace, Optional<Jurisdiction> law) {
    return regions.home(Optional.empty(), law, takes(namespace));
  }

  private void found(ObjectAddress object, Placement placement, Seeker seeker) {
    Optional<Region> home = regions.named(placement.region());
    if (home.isPresent()) {
      seeker.found(home.get());
    } else {
      seeker.failed(
          new HoldfastException(
              ErrorCode.REGION_UNREACHABLE,
              "Durable Object %s lives in region %s, which this cluster does not list"
                  .formatted(object, placement.region())));
    }
  }

  /// Whether an object lives in this region, as far as this node has heard.
  public boolean isHere(ObjectAddress object) {
    Placement home = remembered(object, object.key());
    return home != null && isHere(home);
  }

  /// The home of an object as it became known here.
  public void learn(String objectKey, Placement placement) {
    known
        .asMap()
        .merge(objectKey, placement, (old, now) -> now.version() > old.version() ? now : old);
  }

  /** One question on its way, with all who wait for its answer. */
  private final class Lookup {
    private final ObjectAddress object;
    private final String key;
    private final Queue<Seeker> waiting = new ArrayDeque<>();
    private boolean over;

    Lookup(ObjectAddress object, String key) {
      this.object = object;
      this.key = key;
    }

    /** False when it is over. */
    synchronized boolean add(Seeker seeker) {
      return !over && waiting.add(seeker);
    }

    /** Who comes meanwhile waits behind the others. */
    void end(@Nullable Placement placement, @Nullable Throwable failure) {
      if (placement != null) {
        learn(key, placement);
      }
      for (Seeker next = next(); next != null; next = next()) {
        if (placement == null) {
          next.failed(fault(object, failure));
        } else {
          found(object, placement, next);
        }
      }
    }

    private synchronized @Nullable Seeker next() {
      Seeker next = waiting.poll();
      if (next == null) {
        over = true;
        lookups.remove(key, this);
      }
      return next;
    }
  }

  private static HoldfastException fault(ObjectAddress object, @Nullable Throwable failure) {
    Throwable cause = failure == null ? null : StoredFutures.cause(failure);
    ErrorCode code =
        cause instanceof HoldfastException known ? known.code() : ErrorCode.OBJECT_UNAVAILABLE;
    return new HoldfastException(
        code,
        "where Durable Object %s lives cannot be found out: %s"
            .formatted(object, cause == null ? "no answer" : cause.getMessage()),
        cause);
  }

  // ---- for the home of an object
  // ------------------------------------------------------------------------------

  /// The home of an object for who is to run it here, in this region.
  ///
  /// @return fails with `region_unreachable` when this region was declared lost
  public CompletableFuture<Placement> confirm(ObjectAddress object) {
    if (lost.isLost(regions.self())) {
      return CompletableFuture.failedFuture(
          new HoldfastException(
              ErrorCode.REGION_UNREACHABLE,
              "Durable Object %s is in region %s, which was declared lost."
                  .formatted(object, regions.self())));
    }
    // Once it was lost, others have changed rows that its own copies may not have yet.
    CompletableFuture<Placement> answer = lost.generation() > 0 ? ask(object) : fromHere(object);
    return answer.whenComplete((home, _) -> {
      if (home != null) {
        learn(object.key(), home);
      }
    });
  }

  private CompletableFuture<Placement> fromHere(ObjectAddress object) {
    return directory
        .known(object.key())
        .thenCompose(row -> {
          Optional<Placement> here = row.or(() -> birthplace(object)).filter(this::isHere);
          return here.isPresent() ? CompletableFuture.completedFuture(here.get()) : ask(object);
        });
  }

  /// See [LostRegions#generation].
  public long generation() {
    return lost.generation();
  }

  /// See [LostRegions#isCurrent].
  public boolean isCurrent(long generation) {
    return lost.isCurrent(generation);
  }

  private boolean isHere(Placement placement) {
    return placement.region().equals(regions.self().name());
  }

  /** Others may have changed it. */
  private CompletableFuture<Placement> ask(ObjectAddress object) {
    return directory
        .current(object.key())
        .thenCompose(row ->
            row.or(() -> birthplace(object))
                .map(CompletableFuture::completedFuture)
                .orElseGet(() -> claim(object, Optional.empty())));
  }

  /// Whether an object may live in a region, and that one be reached.
  ///
  /// @throws HoldfastException `invalid_argument` for one that there is not;
  ///   `jurisdiction_unavailable`; `region_unreachable`; `object_unavailable` when it has no node
  ///   for it
  public Region requireMovable(ObjectAddress object, String region) {
    Region wanted = regions.require(region);
    Optional<Jurisdiction> law = Jurisdiction.of(object.id());
    if (!Regions.isLawful(wanted, law)) {
      throw new HoldfastException(
          ErrorCode.JURISDICTION_UNAVAILABLE,
          "expected a region of jurisdiction %s for Durable Object %s, found %s"
              .formatted(law.orElseThrow(), object, region));
    }
    if (!hosts.has(wanted, object.namespace())) {
      throw Hosts.missing(wanted, object);
    }
    if (!takes(object.namespace()).test(wanted)) {
      throw unreachable(object, wanted);
    }
    return wanted;
  }

  /// What callers are told of an object whose region is cut off.
  public static HoldfastException unreachable(ObjectAddress object, Region home) {
    return new HoldfastException(
        ErrorCode.REGION_UNREACHABLE,
        "Durable Object %s lives in region %s, which cannot be reached just now."
            .formatted(object, home));
  }

  /// Gives an object that lives here, and does not run, another home.
  ///
  /// @param from its home now
  /// @return false when it had another one; when this fails it may have happened all the same
  public CompletableFuture<Boolean> replace(ObjectAddress object, Placement from, Placement next) {
    String key = object.key();
    boolean mayHaveNoRow = from.version() == 1 && !ObjectIds.isNamed(object.id());
    CompletableFuture<?> row =
        mayHaveNoRow ? directory.claim(key, from) : CompletableFuture.completedFuture(from);
    return row.thenCompose(_ -> directory.replace(key, from, next))
        .whenComplete((done, _) -> {
          if (Boolean.TRUE.equals(done)) {
            learn(key, next);
          }
        });
  }
}
