package io.holdfast.engine;

import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings engine and objects back in line: adopts what an object expects, removes what nobody
/// expects.
///
/// Orphans exist because a node can die between "create" and "stored", because the reply to a
/// create can be lost, and because an object can have moved or been deleted while its node was
/// down.
public final class ContainerReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerReconciler.class);

  private final ContainerEngine engine;
  private final String node;

  public ContainerReconciler(ContainerEngine engine, String node) {
    this.engine = engine;
    this.node = node;
  }

  /// Lists, decides, removes the orphans; returns the plan, so that the caller adopts and tells of
  /// losses.
  ///
  /// `known` is asked after the list is taken. As an object stores that it is about to start a
  /// container before it does, every container in the list that is being started right now is known
  /// by then: so this is safe at any time. An orphan that cannot be removed is logged and met again
  /// by the next run.
  public ReconcilePlan run(Supplier<Collection<KnownContainer>> known) {
    List<FoundContainer> found = engine.list();
    ReconcilePlan plan = decide(found, known.get(), node);
    plan.remove().forEach(this::remove);
    return plan;
  }

  private void remove(ReconcilePlan.Removal removal) {
    ContainerId id = removal.container().id();
    try {
      engine.destroy(id);
      LOG.info("removed container {} ({}): {}", id, removal.container().image(), removal.reason());
    } catch (HoldfastException e) {
      LOG.warn("could not remove orphaned container {}, will try again: {}", id, e.getMessage());
    }
  }

  /// The decision alone.
  ///
  /// @param found the containers of this deployment, also those of other nodes, which are left
  ///   alone
  /// @param known one entry for each object here that expects a container
  public static ReconcilePlan decide(
      Collection<FoundContainer> found, Collection<KnownContainer> known, String node) {
    Map<ContainerOwner.Key, KnownContainer> expected = new HashMap<>();
    known.forEach(each -> expected.put(each.owner(), each));
    List<ReconcilePlan.Adoption> adopt = new ArrayList<>();
    List<ReconcilePlan.Removal> remove = new ArrayList<>();
    for (FoundContainer container : found) {
      switch (judge(container, expected, node)) {
        case Verdict.Adopt(KnownContainer by) -> {
          adopt.add(new ReconcilePlan.Adoption(container, by));
          expected.remove(by.owner());
        }
        case Verdict.Remove(String reason) ->
            remove.add(new ReconcilePlan.Removal(container, reason));
        case Verdict.Leave() -> {}
      }
    }
    return new ReconcilePlan(adopt, remove, List.copyOf(expected.values()));
  }

  private static Verdict judge(
      FoundContainer container, Map<ContainerOwner.Key, KnownContainer> expected, String node) {
    Optional<ContainerOwner> owner = container.owner();
    if (owner.isEmpty()) {
      return new Verdict.Remove("its labels name no owner");
    }
    KnownContainer by = expected.get(owner.get().key());
    if (by != null && by.means(container.id(), owner.get())) {
      return new Verdict.Adopt(by);
    }
    if (!owner.get().node().equals(node)) {
      return new Verdict.Leave();
    }
    return new Verdict.Remove(
        by == null
            ? "%s expects no container".formatted(owner.get())
            : "%s expects another container (%s)".formatted(owner.get(), by));
  }

  private sealed interface Verdict {
    record Adopt(KnownContainer by) implements Verdict {}

    record Remove(String reason) implements Verdict {}

    record Leave() implements Verdict {}
  }
}
