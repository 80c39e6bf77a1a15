package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContainerReconcilerTest {
  private static final String HERE = "node-1";
  private static final String ELSEWHERE = "node-2";
  private static final String OBJECT = "0".repeat(63) + "1";
  private static final String OTHER_OBJECT = "0".repeat(63) + "2";
  private static final ContainerId FIRST = new ContainerId("c1");
  private static final ContainerId SECOND = new ContainerId("c2");

  private enum Outcome {
    ADOPTED,
    REMOVED,
    LEFT
  }

  /// One container found, one thing known (or nothing), and what becomes of the container.
  private record Row(
      String title, FoundContainer found, List<KnownContainer> known, Outcome outcome, int lost) {
    @Override
    public String toString() {
      return title;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        new Row("expected by id", found(FIRST, HERE, 5), knownById(FIRST, 5), Outcome.ADOPTED, 0),
        new Row(
            "expected by id, of an older epoch",
            found(FIRST, HERE, 4),
            knownById(FIRST, 5),
            Outcome.ADOPTED,
            0),
        new Row(
            "expected by id, ended",
            exited(FIRST, HERE, 5),
            knownById(FIRST, 5),
            Outcome.ADOPTED,
            0),
        new Row(
            "expected by id, moved here",
            found(FIRST, ELSEWHERE, 5),
            knownById(FIRST, 5),
            Outcome.ADOPTED,
            0),
        new Row(
            "reply to the start was lost",
            found(FIRST, HERE, 5),
            knownByEpoch(5),
            Outcome.ADOPTED,
            0),
        new Row(
            "start meant, an older one there",
            found(FIRST, HERE, 4),
            knownByEpoch(5),
            Outcome.REMOVED,
            1),
        new Row(
            "another one is expected",
            found(SECOND, HERE, 5),
            knownById(FIRST, 5),
            Outcome.REMOVED,
            1),
        new Row("nothing is expected", found(FIRST, HERE, 5), List.of(), Outcome.REMOVED, 0),
        new Row(
            "another object expects one", found(FIRST, HERE, 5), knownOther(), Outcome.REMOVED, 1),
        new Row("of another node", found(FIRST, ELSEWHERE, 5), List.of(), Outcome.LEFT, 0),
        new Row(
            "of another node, not the one",
            found(SECOND, ELSEWHERE, 5),
            knownById(FIRST, 5),
            Outcome.LEFT,
            1),
        new Row("without an owner", ownerless(FIRST), List.of(), Outcome.REMOVED, 0));
  }

  private static ContainerOwner owner(String node, long epoch) {
    return new ContainerOwner("app", "Rooms", OBJECT, node, epoch);
  }

  private static FoundContainer found(ContainerId id, String node, long epoch) {
    return new FoundContainer(
        id, Optional.of(owner(node, epoch)), "image", FoundContainer.Phase.RUNNING);
  }

  private static FoundContainer exited(ContainerId id, String node, long epoch) {
    return new FoundContainer(
        id, Optional.of(owner(node, epoch)), "image", FoundContainer.Phase.EXITED);
  }

  private static FoundContainer ownerless(ContainerId id) {
    return new FoundContainer(id, Optional.empty(), "image", FoundContainer.Phase.RUNNING);
  }

  private static List<KnownContainer> knownById(ContainerId id, long epoch) {
    return List.of(new KnownContainer(owner(HERE, epoch).key(), epoch, Optional.of(id)));
  }

  private static List<KnownContainer> knownByEpoch(long epoch) {
    return List.of(new KnownContainer(owner(HERE, epoch).key(), epoch, Optional.empty()));
  }

  private static List<KnownContainer> knownOther() {
    ContainerOwner.Key other = new ContainerOwner.Key("app", "Rooms", OTHER_OBJECT);
    return List.of(new KnownContainer(other, 5, Optional.of(FIRST)));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void decides(Row row) {
    ReconcilePlan plan = ContainerReconciler.decide(List.of(row.found), row.known, HERE);
    assertThat(plan.adopt()).hasSize(row.outcome == Outcome.ADOPTED ? 1 : 0);
    assertThat(plan.remove()).hasSize(row.outcome == Outcome.REMOVED ? 1 : 0);
    assertThat(plan.lost()).hasSize(row.lost);
  }

  @Test
  void adoptsAtMostOneContainerOfAnObject() {
    List<FoundContainer> twins = List.of(found(FIRST, HERE, 5), found(SECOND, HERE, 5));
    ReconcilePlan plan = ContainerReconciler.decide(twins, knownByEpoch(5), HERE);
    assertThat(plan.adopt()).hasSize(1);
    assertThat(plan.remove()).hasSize(1);
    assertThat(plan.lost()).isEmpty();
  }
}
