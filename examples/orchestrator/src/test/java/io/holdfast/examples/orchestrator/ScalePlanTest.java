package io.holdfast.examples.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.examples.orchestrator.ManagerApi.Fleet;
import io.holdfast.examples.orchestrator.ManagerApi.Member;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScalePlanTest {
  private static final Member WELL_0 = new Member("instance-weur-0", true, "");
  private static final Member ILL_1 = new Member("instance-weur-1", false, "it fell");
  private static final Member WELL_2 = new Member("instance-weur-2", true, "");

  @Test
  void startsWhatIsMissing() {
    assertThat(ScalePlan.of(new Fleet("weur", 2, List.of())).start())
        .containsExactly("instance-weur-0", "instance-weur-1");
  }

  @Test
  void startsTheUnhealthyAgainAndLeavesTheHealthyAlone() {
    ScalePlan plan = ScalePlan.of(new Fleet("weur", 3, List.of(WELL_0, ILL_1, WELL_2)));
    assertThat(plan.start()).containsExactly("instance-weur-1");
    assertThat(plan.stop()).isEmpty();
  }

  @Test
  void stopsTheSurplusHealthyOrNot() {
    ScalePlan plan = ScalePlan.of(new Fleet("weur", 1, List.of(WELL_0, ILL_1, WELL_2)));
    assertThat(plan.start()).isEmpty();
    assertThat(plan.stop()).containsExactly("instance-weur-1", "instance-weur-2");
  }

  @Test
  void knowsWhetherAnInstanceIsStillWanted() {
    assertThat(ScalePlan.isWanted("instance-weur-1", new Fleet("weur", 2, List.of()))).isTrue();
    assertThat(ScalePlan.isWanted("instance-weur-1", new Fleet("weur", 1, List.of()))).isFalse();
  }
}
