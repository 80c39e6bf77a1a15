package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnderwayTest {
  private static final Duration MAX = Duration.ofSeconds(3);
  private static final ObjectAddress TARGET = address();
  private static final HoldfastException WHY = ShardedGateway.unreachable(TARGET);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Underway underway = new Underway(now::get);
  private final List<HoldfastException> rejected = new ArrayList<>();
  private final List<ObjectCommand.Travelling> again = new ArrayList<>();
  private final ObjectCommand.Wake command =
      new ObjectCommand.Wake(
          TARGET,
          new ObjectCommand.Wake.Waiting() {
            @Override
            public void leave() {}

            @Override
            public void reject(HoldfastException why) {
              rejected.add(why);
            }
          });
  private final Passage passage = command.passage();

  private static ObjectAddress address() {
    NamespaceId namespace = new NamespaceId("app", "boxes");
    return new ObjectAddress(namespace, new ObjectIds(namespace).named("alice"));
  }

  @BeforeEach
  void connect() {
    underway.sendBy(again::add);
  }

  private void watch() {
    underway.watch(command, MAX, () -> WHY);
  }

  private void pass(Duration duration) {
    now.addAndGet(duration.toNanos());
    underway.look();
  }

  @Test
  void whatHasNotArrivedInTimeIsRejectedOnceAndMustNotArriveLater() {
    watch();
    pass(MAX.minusNanos(1));
    assertThat(rejected).isEmpty();
    pass(Duration.ofNanos(1));
    pass(MAX);
    assertThat(rejected).containsExactly(WHY);
    assertThat(passage.end()).isFalse();
  }

  @Test
  void whatHasArrivedOrLeftIsNotRejected() {
    watch();
    assertThat(passage.end()).isTrue();
    pass(MAX.multipliedBy(2));
    assertThat(rejected).isEmpty();
    assertThat(passage.end()).as("from the node that held it to its object").isTrue();
  }

  @Test
  void whatIsSentAgainIsOnItsWayAgain() {
    watch();
    assertThat(passage.end()).isTrue();
    watch();
    pass(MAX);
    assertThat(rejected).containsExactly(WHY);
    assertThat(passage.end()).isFalse();
  }

  @Test
  void whatWaitsWhenANodeIsGoneIsSentAgainOnAWayOfItsOwn() {
    watch();
    underway.memberIsGone();
    pass(Duration.ofMillis(999));
    assertThat(again).isEmpty();
    pass(Duration.ofMillis(1));
    assertThat(again).hasSize(1);
    assertThat(passage.end()).as("the first of both").isFalse();
    assertThat(again.getFirst().passage().end()).isTrue();
    pass(MAX);
    assertThat(again).hasSize(1);
    assertThat(rejected).isEmpty();
  }

  @Test
  void whatHasArrivedWhenANodeIsGoneIsNotSentAgain() {
    watch();
    underway.memberIsGone();
    assertThat(passage.end()).isTrue();
    pass(Duration.ofSeconds(1));
    pass(MAX);
    assertThat(again).isEmpty();
    assertThat(rejected).isEmpty();
  }

  @Test
  void whatARejectionThrowsLeavesTheOthersAsTheyAre() {
    ObjectCommand.Wake other = new ObjectCommand.Wake(TARGET, command.waiting());
    watch();
    underway.watch(
        other,
        MAX,
        () -> {
          throw new IllegalStateException("it breaks");
        });
    pass(MAX);
    underway.look();
    assertThat(rejected).containsExactly(WHY);
    assertThat(other.passage().end()).isFalse();
  }

  @Test
  void whatWasGivenUpStaysSo() {
    watch();
    pass(MAX);
    watch();
    assertThat(passage.end()).isFalse();
  }
}
