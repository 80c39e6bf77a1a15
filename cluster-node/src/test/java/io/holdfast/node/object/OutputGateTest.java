package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputGateTest {
  private final OutputGate gate = new OutputGate(() -> true);
  private final List<String> left = new ArrayList<>();

  private OutputGate.Effect effect(String name) {
    return new OutputGate.Effect() {
      @Override
      public void release() {
        left.add(name);
      }

      @Override
      public void fail(HoldfastException reason) {
        left.add(name + " failed: " + reason.getMessage());
      }
    };
  }

  @Test
  void whatWasProducedBeforeAnyCommitLeavesAtOnce() {
    gate.admit(0, effect("a"));
    assertThat(left).containsExactly("a");
  }

  @Test
  void effectsLeaveInOrderOnceTheirCommitsAreDurable() {
    gate.admit(1, effect("a"));
    gate.admit(1, effect("b"));
    gate.admit(2, effect("c"));
    assertThat(left).isEmpty();
    gate.durable(1);
    assertThat(left).containsExactly("a", "b");
    assertThat(gate.isOpen(2)).isFalse();
    gate.durable(2);
    assertThat(left).containsExactly("a", "b", "c");
    assertThat(gate.isEmpty()).isTrue();
  }

  @Test
  void aFailedWriteTurnsAllThatWaitsIntoErrors() {
    gate.admit(1, effect("a"));
    gate.failAll(new HoldfastException(ErrorCode.STORAGE_FAILED, "disk gone"));
    gate.durable(1);
    assertThat(left).containsExactly("a failed: disk gone");
  }

  @Test
  void whatTurnThreadsLetOutByThemselvesDoesNotOvertakeWhatWasHeld() {
    List<Boolean> seen = new ArrayList<>();
    gate.admit(
        1,
        new OutputGate.Effect() {
          @Override
          public void release() {
            seen.add(gate.isOpen(1));
          }

          @Override
          public void fail(HoldfastException reason) {}
        });
    gate.durable(1);
    assertThat(seen).containsExactly(false);
    assertThat(gate.isOpen(1)).isTrue();
  }
}
