package io.holdfast.node.capacity;

import static io.holdfast.node.capacity.CapacityFixture.container;
import static io.holdfast.node.capacity.CapacityFixture.held;
import static io.holdfast.node.capacity.CapacityFixture.namespace;
import static io.holdfast.node.capacity.CapacityFixture.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.InstanceType;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodeCapacityTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Resources BUDGET = new Resources(4_000, 8L << 30, 1_000, 100);

  private static CapacityFixture room(int instancesMax) {
    return new CapacityFixture(BUDGET, TIMEOUT, 100, namespace -> instancesMax);
  }

  @Test
  void letsAStartWaitUntilAnotherContainerOfItsNamespaceEnds() {
    CapacityFixture room = room(2);
    StartTicket first = room.take("a", container(100, 100));
    room.take("a", container(100, 100));
    StartTicket third = room.take("a", container(100, 100));
    StartTicket other = room.take("b", container(100, 100));
    assertThat(held(third)).isFalse();
    assertThat(held(other)).as("another namespace has room").isTrue();
    assertThat(room.metric("holdfast_container_starts_waiting")).isEqualTo(1);
    room.pass(Duration.ofSeconds(3));
    first.release();
    third.await();
    assertThat(room.metric("holdfast_container_starts_waiting")).isZero();
  }

  @Test
  void letsAStartWaitForEachKindOfResource() {
    List<Resources> large =
        List.of(
            new Resources(4_000, 1, 1, 1),
            new Resources(1, 8L << 30, 1, 1),
            new Resources(1, 1, 1_000, 1));
    for (Resources all : large) {
      CapacityFixture room = room(20);
      StartTicket first = room.take("a", all);
      StartTicket second = room.take("b", all);
      assertThat(held(first)).isTrue();
      assertThat(held(second)).isFalse();
      first.release();
      assertThat(held(second)).isTrue();
    }
    CapacityFixture room =
        new CapacityFixture(new Resources(4_000, 8L << 30, 1_000, 1), TIMEOUT, 100, any -> 20);
    room.take("a", container(1, 1));
    assertThat(held(room.take("b", container(1, 1)))).isFalse();
  }

  @Test
  void refusesAStartThatWaitedForTooLongAndSaysForWhat() {
    CapacityFixture room = room(1);
    room.take("a", container(100, 8_000));
    StartTicket instance = room.take("a", container(100, 100));
    StartTicket memory = room.take("b", container(100, 1_000));
    room.pass(TIMEOUT.minusMillis(1));
    assertThat(instance.granted).isNotDone();
    room.pass(Duration.ofMillis(1));
    assertThat(refusal(instance).code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
    assertThat(refusal(instance).code().retryable()).isTrue();
    assertThat(refusal(instance))
        .hasMessageContaining("namespace test.a has maxInstances 1; waited 10000 ms");
    assertThat(refusal(memory))
        .hasMessageContaining("needs 1000 MiB memory, and 8000 MiB memory of 8192 MiB memory");
    assertThat(room.metric("holdfast_container_starts_refused", "reason", "timeout")).isEqualTo(2);
  }

  @Test
  void refusesAtOnceWhatTheNodeCouldNeverRun() {
    CapacityFixture room = room(20);
    assertThatThrownBy(() -> room.take("a", container(4_001, 1)))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("needs 4.001 vCPU")
        .hasMessageContaining("4.0 vCPU");
    assertThat(room.capacity.figures().waiting()).isZero();
  }

  @Test
  void waitsForNothingWhenTheTimeoutIsZero() {
    CapacityFixture room = new CapacityFixture(BUDGET, Duration.ZERO, 100, any -> 1);
    room.take("a", container(1, 1));
    assertThat(refusal(room.take("a", container(1, 1))).code())
        .isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
  }

  @Test
  void givesRoomToTheNamespaceThatHasTheLeast() {
    CapacityFixture room = room(50);
    List<StartTicket> greedy =
        IntStream.range(0, 50).mapToObj(i -> room.take("greedy", container(400, 1))).toList();
    assertThat(greedy.stream().filter(CapacityFixture::held)).hasSize(10);
    List<StartTicket> modest =
        IntStream.range(0, 5).mapToObj(i -> room.take("modest", container(400, 1))).toList();
    for (int i = 0; i < 5; i++) {
      greedy.get(i).release();
      assertThat(held(modest.get(i))).as("modest " + i).isTrue();
    }
    greedy.get(5).release();
    assertThat(held(greedy.get(10))).as("nobody else waits").isTrue();
  }

  @Test
  void servesTheStartsOfOneNamespaceInTheOrderOfTheirArrival() {
    CapacityFixture room = room(1);
    StartTicket running = room.take("a", container(1, 1));
    List<StartTicket> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiting.add(room.take("a", container(1, 1)));
      room.pass(Duration.ofMillis(1));
    }
    for (StartTicket next : waiting) {
      running.release();
      running = next;
      assertThat(waiting.stream().filter(CapacityFixture::held)).contains(next);
    }
  }

  @Test
  void letsSmallStartsPassALargeOneButNotForEver() {
    CapacityFixture room = room(50);
    StartTicket half = room.take("b", container(2_000, 1));
    StartTicket large = room.take("a", container(3_000, 1));
    int passed = 0;
    for (int i = 0; i < 50; i++) {
      StartTicket small = room.take("c" + i, container(1, 1));
      passed += held(small) ? 1 : 0;
    }
    assertThat(passed).isEqualTo(WaitingLine.OVERTAKEN_MAX);
    half.release();
    assertThat(held(large)).isTrue();
    assertThat(room.capacity.figures().waiting()).as("and those behind it").isZero();
  }

  @Test
  void servesThoseBehindALargeStartWhenItGivesUp() {
    CapacityFixture room = room(50);
    room.take("b", container(2_000, 1));
    StartTicket large = room.take("a", container(3_000, 1));
    for (int i = 0; i < WaitingLine.OVERTAKEN_MAX; i++) {
      room.take("c" + i, container(1, 1));
    }
    room.pass(Duration.ofSeconds(5));
    StartTicket behind = room.take("d", container(1, 1));
    assertThat(held(behind)).isFalse();
    room.pass(Duration.ofSeconds(5));
    assertThat(refusal(large).code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
    assertThat(held(behind)).isTrue();
  }

  @Test
  void keepsALineOfAStatedLengthThatNoNamespaceFills() {
    CapacityFixture room = new CapacityFixture(BUDGET, TIMEOUT, 4, any -> 1);
    room.take("a", container(1, 1));
    List<StartTicket> greedy =
        IntStream.range(0, 5).mapToObj(i -> room.take("a", container(1, 1))).toList();
    assertThat(refusal(greedy.get(4))).hasMessageContaining("4 starts wait already");
    room.take("b", container(1, 1));
    StartTicket modest = room.take("b", container(1, 1));
    assertThat(modest.granted).isNotDone();
    assertThat(refusal(greedy.get(3))).hasMessageContaining("4 starts wait already");
    assertThat(room.metric("holdfast_container_starts_refused", "reason", "queue_full"))
        .isEqualTo(2);
  }

  @Test
  void countsWhatIsFoundRunningBeyondAllLimits() {
    CapacityFixture room = room(1);
    StartTicket found = room.capacity.found(namespace("a"), container(4_000, 1));
    StartTicket second = room.capacity.found(namespace("a"), container(4_000, 1));
    StartTicket waiting = room.take("b", container(1, 1));
    found.release();
    assertThat(held(waiting)).isFalse();
    second.release();
    assertThat(held(waiting)).isTrue();
  }

  @Test
  void givesBackOnceHoweverOftenItIsReleased() {
    CapacityFixture room = room(2);
    StartTicket first = room.take("a", container(7, 7));
    StartTicket second = room.take("a", container(7, 7));
    first.release();
    first.release();
    assertThat(room.capacity.figures().taken()).isEqualTo(container(7, 7));
    second.release();
    assertThat(room.capacity.figures().taken()).isEqualTo(Resources.NONE);
    assertThat(room.metric("holdfast_container_taken", "resource", "memory")).isZero();
  }

  @Test
  void aStartThatIsCalledOffWaitsNoMoreAndTakesNothing() {
    CapacityFixture room = room(1);
    StartTicket first = room.take("a", container(1, 1));
    StartTicket second = room.take("a", container(1, 1));
    second.release();
    assertThatThrownBy(second::await).hasMessageContaining("called off");
    first.release();
    assertThat(room.capacity.figures().taken()).isEqualTo(Resources.NONE);
  }

  @Test
  void refusesThoseThatWaitAndAllOthersWhenTheNodeShutsDown() {
    CapacityFixture room = room(1);
    room.take("a", container(1, 1));
    StartTicket waiting = room.take("a", container(1, 1));
    room.capacity.close(new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "shutting down"));
    assertThat(refusal(waiting).code()).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
    assertThatThrownBy(() -> room.take("b", container(1, 1))).hasMessageContaining("shutting down");
  }

  @Test
  void countsWhatAnInstanceTypeTakes() {
    assertThat(Resources.of(InstanceType.BASIC))
        .isEqualTo(new Resources(250, 1L << 30, 4_000_000_000L, 1));
    assertThat(Resources.of(InstanceType.LITE).cpuMillis()).isEqualTo(63);
  }

  @Test
  void tellsWhoWaitsForRoomOfThisNodeAndNotForOthersOfItsNamespace() {
    CapacityFixture room = room(1);
    room.take("a", container(4_000, 1));
    room.take("a", container(1, 1));
    room.take("b", container(1, 1));
    assertThat(room.capacity.waitingForRoom()).containsExactly(CapacityFixture.object("b", "a"));
  }
}
