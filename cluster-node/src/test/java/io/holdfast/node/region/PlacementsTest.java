package io.holdfast.node.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.cassandra.Placement;
import io.holdfast.cassandra.RegionState;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// As a node of `eu` sees it; `us` is there too.
class PlacementsTest {
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "places");
  private static final ObjectIds IDS = new ObjectIds(NAMESPACE);
  private static final ObjectAddress NAMED = new ObjectAddress(NAMESPACE, IDS.named("a"));
  private static final String KEY = NAMED.key();

  private final MemoryDirectory directory = new MemoryDirectory();
  private final Set<String> cutOff = new HashSet<>();
  private final Regions regions =
      Regions.from(
          RegionsTest.config(
              "eu",
              "eu { number = 1, hints = [weur], jurisdictions = [eu] }, us { number = 2, hints = [enam] }"));
  private final MemoryRegionStates states = new MemoryRegionStates();
  private final LostRegions lost = states.lost(regions);
  private final Set<String> withoutHosts = new HashSet<>();
  private final Placements placements =
      new Placements(
          regions,
          region -> !cutOff.contains(region.name()),
          lost,
          directory,
          (region, _) -> !withoutHosts.contains(region.name()));
  private final List<String> told = new ArrayList<>();

  private static ObjectAddress unique(int region, Optional<Jurisdiction> law) {
    return new ObjectAddress(NAMESPACE, IDS.unique(region, law));
  }

  private void locate(ObjectAddress object, String hint, String who) {
    placements.locate(
        object,
        Optional.ofNullable(hint),
        new Placements.Seeker() {
          @Override
          public void found(Region home) {
            told.add(who + " " + home);
          }

          @Override
          public void failed(HoldfastException why) {
            told.add(who + " " + why.code().code());
          }
        });
  }

  @Test
  void aNamedObjectIsGivenAHomeOnceAndThatIsRemembered() {
    locate(NAMED, "enam", "first");
    locate(NAMED, "weur", "second");
    assertThat(told).containsExactly("first us", "second us");
    assertThat(directory.asked()).containsExactly("known " + KEY, "claim " + KEY);
    assertThat(directory.row(KEY)).contains(Placement.first("us"));
  }

  @Test
  void aHomeThatAnotherRegionHasGivenIsFound() {
    directory.changedElsewhere(KEY, Placement.first("us"));
    locate(NAMED, null, "caller");
    assertThat(told).containsExactly("caller us");
  }

  @Test
  void callersWhoComeWhileOneAsksAreAnsweredInTheirOrder() {
    directory.hold();
    for (int i = 0; i < 5; i++) {
      locate(NAMED, null, "caller" + i);
    }
    assertThat(told).isEmpty();
    directory.release();
    assertThat(told)
        .containsExactly("caller0 eu", "caller1 eu", "caller2 eu", "caller3 eu", "caller4 eu");
    assertThat(directory.asked()).hasSize(2);
  }

  @Test
  void aUniqueIdIsNotLookedUp() {
    locate(unique(2, Optional.empty()), "weur", "caller");
    assertThat(told).containsExactly("caller us");
    assertThat(directory.asked()).isEmpty();
  }

  @Test
  void anObjectIsHereOnceThatIsKnown() {
    assertThat(placements.isHere(NAMED)).isFalse();
    locate(NAMED, "weur", "caller");
    assertThat(placements.isHere(NAMED)).isTrue();
    assertThat(placements.isHere(unique(1, Optional.empty()))).isTrue();
    assertThat(placements.isHere(unique(2, Optional.empty()))).isFalse();
  }

  @Test
  void aDirectoryThatIsAwayIsToldAndAskedAgainByTheNextCaller() {
    directory.isAway(true);
    locate(NAMED, null, "first");
    directory.isAway(false);
    locate(NAMED, null, "second");
    assertThat(told).containsExactly("first storage_failed", "second eu");
  }

  @Test
  void newsOfAnOlderHomeAreNotBelieved() {
    Placement first = Placement.first("eu");
    placements.learn(KEY, first.next("us", 7));
    placements.learn(KEY, first);
    locate(NAMED, null, "caller");
    assertThat(told).containsExactly("caller us");
  }

  @Test
  void whoIsToRunAnObjectBelievesItsOwnRegionOnlyThatItIsHere() {
    assertThat(placements.confirm(NAMED).join()).isEqualTo(Placement.first("eu"));
    Placement moved = Placement.first("eu").next("us", 7);
    ObjectAddress other = new ObjectAddress(NAMESPACE, IDS.named("b"));
    directory.changedElsewhere(other.key(), moved);
    assertThat(placements.confirm(other).join()).isEqualTo(moved);
    assertThat(directory.asked()).contains("current " + other.key());
  }

  @Test
  void whoIsToRunAnObjectDoesNotGoByWhatItOnceHeard() {
    placements.learn(KEY, Placement.first("eu").next("us", 7));
    directory.claim(KEY, Placement.first("eu")).join();
    assertThat(placements.confirm(NAMED).join().region()).isEqualTo("eu");
  }

  @Test
  void aUniqueOneThatHasNeverMovedCostsItsHomeOneLook() {
    ObjectAddress born = unique(1, Optional.empty());
    assertThat(placements.confirm(born).join()).isEqualTo(Placement.first("eu"));
    assertThat(directory.asked()).containsExactly("known " + born.key());
  }

  @Test
  void aUniqueOneHasARowOnceItHasMoved() {
    ObjectAddress born = unique(1, Optional.empty());
    Placement home = placements.confirm(born).join();
    assertThat(placements.replace(born, home, home.next("us", 3)).join()).isTrue();
    assertThat(directory.row(born.key())).contains(new Placement("us", 2, 3));
    locate(born, null, "caller");
    assertThat(told).containsExactly("caller us");
    assertThat(placements.replace(born, home, home.next("us", 4)).join()).isFalse();
  }

  private void isGivenUp(String region) {
    RegionState _ = states.declare(region, true).join();
    lost.poll().join();
    states.passes(LostRegions.GRACE.plusMillis(1));
    lost.poll().join();
  }

  @Test
  void objectsOfALostRegionFindAnotherHomeWithTheirNextCall() {
    locate(NAMED, "enam", "before");
    ObjectAddress born = unique(2, Optional.empty());
    cutOff.add("us");
    RegionState _ = states.declare("us", true).join();
    lost.poll().join();
    locate(NAMED, null, "at once");
    isGivenUp("us");
    locate(NAMED, null, "named");
    locate(born, null, "unique");
    assertThat(told).containsExactly("before us", "at once us", "named eu", "unique eu");
    assertThat(directory.row(KEY)).contains(new Placement("eu", 2, 0));
    assertThat(directory.row(born.key())).contains(new Placement("eu", 2, 0));
  }

  @Test
  void anotherRegionThatWasQuickerHasTheObject() {
    locate(NAMED, "enam", "before");
    isGivenUp("us");
    directory.changedElsewhere(KEY, new Placement("eu", 5, 9));
    locate(NAMED, null, "after");
    assertThat(told).containsExactly("before us", "after eu");
    assertThat(directory.row(KEY)).contains(new Placement("eu", 5, 9));
  }

  @Test
  void nothingBeginsInALostRegion() {
    isGivenUp("us");
    locate(NAMED, "enam", "hinted");
    assertThat(told).containsExactly("hinted eu");
  }

  @Test
  void anObjectOfALostRegionDoesNotLeaveItsJurisdiction() {
    ObjectAddress lawful = unique(1, Optional.of(Jurisdiction.EU));
    isGivenUp("eu");
    locate(lawful, null, "caller");
    assertThat(told).containsExactly("caller region_unreachable");
    assertThat(directory.row(lawful.key())).isEmpty();
  }

  @Test
  void aLostRegionRunsNothingAndAsksTheOthersOnceItIsBack() {
    locate(NAMED, "weur", "before");
    isGivenUp("eu");
    assertThat(placements.confirm(NAMED)).isCompletedExceptionally();
    directory.changedElsewhere(KEY, new Placement("us", 2, 0));
    RegionState _ = states.declare("eu", false).join();
    lost.poll().join();
    assertThat(placements.confirm(NAMED)).as("others may not know").isCompletedExceptionally();
    states.passes(LostRegions.BACK_GRACE);
    lost.poll().join();
    assertThat(placements.confirm(NAMED).join()).isEqualTo(new Placement("us", 2, 0));
  }

  @Test
  void anObjectDoesNotMoveOutOfItsJurisdictionNorWhereNobodyAnswers() {
    ObjectAddress lawful = unique(1, Optional.of(Jurisdiction.EU));
    assertThat(placements.requireMovable(lawful, "eu").name()).isEqualTo("eu");
    assertThatThrownBy(() -> placements.requireMovable(lawful, "us"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.JURISDICTION_UNAVAILABLE));
    assertThatThrownBy(() -> placements.requireMovable(NAMED, "mars"))
        .hasMessage("expected a region of [eu, us], found 'mars'");
    cutOff.add("us");
    assertThatThrownBy(() -> placements.requireMovable(NAMED, "us"))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REGION_UNREACHABLE));
  }

  @Test
  void anObjectBeginsWhereThereIsANodeForIt() {
    withoutHosts.add("us");
    locate(NAMED, "enam", "caller");
    assertThat(told).containsExactly("caller eu");
    assertThat(placements.birthRegion(NAMESPACE, Optional.empty()).name()).isEqualTo("eu");
  }

  @Test
  void whereNoRegionHasANodeForItAnObjectIsGivenNoHome() {
    withoutHosts.addAll(Set.of("eu", "us"));
    locate(NAMED, null, "caller");
    assertThat(told).containsExactly("caller object_unavailable");
    assertThat(directory.row(KEY)).isEmpty();
  }

  @Test
  void anObjectDoesNotMoveWhereThereIsNoNodeForIt() {
    withoutHosts.add("us");
    assertThatThrownBy(() -> placements.requireMovable(NAMED, "us"))
        .hasMessageContaining("cannot run in region us")
        .hasMessageContaining(
            "of namespace " + NAMESPACE + " by holdfast.cluster.roles, found none");
  }
}
