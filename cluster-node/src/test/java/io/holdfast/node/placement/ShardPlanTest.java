package io.holdfast.node.placement;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingInt;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShardPlanTest {
  private static final int SHARDS = 128;
  private static final HostReport EMPTY = new HostReport(1, 0, 0, Set.of());

  /** A node, as the tests change it. */
  private static final class Node {
    final String name;
    final String zone;
    double weight = 1;
    HostReport report = EMPTY;
    final List<String> shards = new ArrayList<>();

    Node(String name, String zone) {
      this.name = name;
      this.zone = zone;
    }
  }

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private int moved;

  @BeforeEach
  void begin() {
    moved = 0;
  }

  private Node node(String name, String zone) {
    Node node = new Node(name, zone);
    nodes.put(name, node);
    return node;
  }

  private ShardPlan<String> plan() {
    return new ShardPlan<>(
        nodes.values().stream()
            .map(node ->
                new ShardPlan.Host<>(
                    node.name, node.zone, node.weight, node.report, List.copyOf(node.shards)))
            .toList());
  }

  private void place(int shards) {
    IntStream.range(0, shards).forEach(shard -> place("" + shard));
  }

  private String place(String shard) {
    String host = plan().host();
    nodes.get(host).shards.add(shard);
    return host;
  }

  /** One round as Pekko makes it: what leaves its host goes where a shard without one goes. */
  private Set<String> rebalance() {
    Set<String> leaving = plan().leaving(Set.of());
    leaving.forEach(shard -> nodes.values().forEach(node -> node.shards.remove(shard)));
    leaving.forEach(this::place);
    moved += leaving.size();
    return leaving;
  }

  private void settle() {
    for (int round = 0; round < 100; round++) {
      if (rebalance().isEmpty()) {
        return;
      }
    }
    throw new AssertionError("shards still move after 100 rounds: " + sizes());
  }

  private Map<String, Integer> sizes() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    nodes.forEach((name, node) -> sizes.put(name, node.shards.size()));
    return sizes;
  }

  private static Set<String> some(List<String> shards, Random random) {
    return shards.isEmpty() || random.nextBoolean()
        ? Set.of()
        : Set.of(shards.get(random.nextInt(shards.size())));
  }

  private Map<String, Integer> byZone() {
    return nodes.values().stream()
        .collect(groupingBy(node -> node.zone, summingInt(node -> node.shards.size())));
  }

  @Test
  void equalNodesGetEqualNumbers() {
    node("a", "z");
    node("b", "z");
    place(SHARDS);
    assertThat(sizes()).containsEntry("a", 64).containsEntry("b", 64);
  }

  @Test
  void fewShardsAreSpreadOverTheZonesFirst() {
    node("a1", "a");
    node("a2", "a");
    node("a3", "a");
    node("b1", "b");
    place(2);
    assertThat(byZone()).containsEntry("a", 1).containsEntry("b", 1);
  }

  @Test
  void zonesGetShardsByTheNodesThatTheyHave() {
    node("a1", "a");
    node("a2", "a");
    node("a3", "a");
    node("b1", "b");
    place(SHARDS);
    assertThat(sizes().values()).containsOnly(32);
  }

  @Test
  void whatADeadNodeHadIsSpreadOverAllZonesThatAreLeft() {
    node("a1", "a");
    node("a2", "a");
    node("b1", "b");
    node("b2", "b");
    place(SHARDS);
    List<String> lost = nodes.remove("a1").shards;
    lost.forEach(this::place);
    assertThat(sizes().get("a2")).isBetween(42, 43);
    assertThat(byZone().get("b")).isBetween(85, 86);
  }

  @Test
  void aNodeWithTwiceTheBudgetGetsTwiceAsMany() {
    node("small", "z").weight = 0.667;
    node("large", "z").weight = 1.333;
    place(SHARDS);
    assertThat(sizes().get("large")).isBetween(84, 87);
    settle();
    assertThat(moved).isZero();
  }

  @Test
  void aNodeThatJoinsGetsItsShareAndNothingMovesBetweenTheOthers() {
    Node a = node("a", "z");
    Node b = node("b", "z");
    place(SHARDS);
    Set<String> ofA = new HashSet<>(a.shards);
    Set<String> ofB = new HashSet<>(b.shards);
    Node c = node("c", "z");
    settle();
    assertThat(ofA).containsAll(a.shards);
    assertThat(ofB).containsAll(b.shards);
    assertThat(c.shards).hasSizeBetween(36, 43);
    assertThat(moved).isEqualTo(c.shards.size());
  }

  @Test
  void aTenthOfAllMovesAtOneTime() {
    node("a", "z");
    place(SHARDS);
    node("b", "z");
    assertThat(rebalance()).hasSize(13);
    Set<String> moving =
        Set.of("100", "101", "102", "103", "104", "105", "106", "107", "108", "109");
    assertThat(plan().leaving(moving)).hasSize(3).doesNotContainAnyElementsOf(moving);
  }

  @Test
  void littleDifferencesAreLeft() {
    Node a = node("a", "z");
    node("b", "z");
    place(SHARDS);
    List<String> some = List.copyOf(a.shards.subList(0, 3));
    a.shards.removeAll(some);
    nodes.get("b").shards.addAll(some);
    assertThat(rebalance()).isEmpty();
  }

  @Test
  void fewShardsAreEvenToo() {
    node("a", "z");
    place(4);
    node("b", "z");
    settle();
    assertThat(sizes()).containsEntry("a", 2).containsEntry("b", 2);
  }

  @Test
  void amongEqualsTheOneWithTheImagesIsTaken() {
    node("a", "z");
    node("b", "z").report = new HostReport(1, 0, 2, Set.of());
    assertThat(place("0")).isEqualTo("b");
    assertThat(place("1")).isEqualTo("a");
  }

  @Test
  void aFullNodeGetsNothingWhileThereIsAnother() {
    node("a", "z").report = new HostReport(1, 0.95, 0, Set.of());
    node("b", "z");
    place(SHARDS);
    assertThat(sizes()).containsEntry("a", 0).containsEntry("b", SHARDS);
    assertThat(rebalance()).isEmpty();
  }

  @Test
  void whenAllAreFullTheyShareAsIfNoneWas() {
    node("a", "z").report = new HostReport(1, 1, 0, Set.of());
    node("b", "z").report = new HostReport(1, 1, 0, Set.of("1"));
    place(SHARDS);
    assertThat(sizes()).containsEntry("a", 64).containsEntry("b", 64);
    assertThat(rebalance()).isEmpty();
  }

  @Test
  void aShardInWhichContainersWaitForRoomGoesToWhereThatIs() {
    Node a = node("a", "z");
    Node b = node("b", "z");
    Node c = node("c", "z");
    place(SHARDS);
    String first = a.shards.get(20);
    String second = a.shards.get(30);
    b.report = new HostReport(1, 0.8, 0, Set.of());
    c.report = new HostReport(1, 0.2, 0, Set.of());
    a.report = new HostReport(1, 0.8, 0, Set.of(first, second));
    Set<String> leaving = rebalance();
    assertThat(leaving).hasSize(1).isSubsetOf(first, second);
    assertThat(c.shards).containsAll(leaving);
    assertThat(rebalance()).hasSize(1).isSubsetOf(first, second);
    assertThat(rebalance()).as("what waits is not there any more").isEmpty();
    a.report = EMPTY;
    assertThat(rebalance()).as("the difference is left").isEmpty();
  }

  @Test
  void oneWithoutRoomForALargePartOfWhatAFullOneHasTakesNothingOfIt() {
    Node large = node("large", "z");
    Node small = node("small", "z");
    place(SHARDS);
    large.report = new HostReport(10, 1, 0, Set.of(large.shards.getFirst()));
    small.report = new HostReport(2, 0, 0, Set.of());
    assertThat(rebalance()).isEmpty();
    small.report = new HostReport(4, 0.2, 0, Set.of());
    assertThat(rebalance()).hasSize(1);
  }

  @Test
  void whateverComesAndGoesAllShardsHaveOneHostAndTheyComeToRest() {
    long seed = 7;
    Random random = new Random(seed);
    node("n0", "a");
    place(SHARDS);
    for (int step = 1; step <= 300; step++) {
      if (nodes.size() < 2 || random.nextInt(3) > 0 && nodes.size() < 8) {
        Node joined = node("n" + step, "z" + random.nextInt(3));
        joined.weight = 0.25 + random.nextDouble();
      } else {
        List<String> names = List.copyOf(nodes.keySet());
        nodes.remove(names.get(random.nextInt(names.size()))).shards.forEach(this::place);
      }
      nodes
          .values()
          .forEach(node ->
              node.report = new HostReport(1, random.nextDouble(), 0, some(node.shards, random)));
      IntStream.range(0, 3).forEach(any -> rebalance());
      nodes.values().forEach(node -> node.report = EMPTY);
      settle();
      List<String> all = nodes.values().stream().flatMap(node -> node.shards.stream()).toList();
      assertThat(all).as("step %d of seed %d", step, seed).hasSize(SHARDS).doesNotHaveDuplicates();
      double weights = nodes.values().stream().mapToDouble(node -> node.weight).sum();
      nodes
          .values()
          .forEach(node ->
              assertThat(node.shards.size() - SHARDS * node.weight / weights)
                  .as("what %s has above its share, seed %d", node.name, seed)
                  .isBetween(-15.0, 15.0));
    }
  }
}
