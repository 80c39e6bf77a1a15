package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.cassandra.Placement;
import io.holdfast.cassandra.RegionState;
import io.holdfast.node.region.LostRegions;
import io.holdfast.node.region.MemoryDirectory;
import io.holdfast.node.region.MemoryRegionStates;
import io.holdfast.node.region.ObjectMoved;
import io.holdfast.node.region.Placements;
import io.holdfast.node.region.Regions;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// An object whose home is `eu`, as its actor there sees it; `us` is there too.
class ObjectHomeTest {
  private static final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString("pekko.actor.provider = local")
              .withFallback(ConfigFactory.load()));
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "places");
  private static final ObjectAddress OBJECT =
      new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named("a"));

  private final MemoryDirectory directory = new MemoryDirectory();
  private final Regions regions =
      Regions.from(
          ConfigFactory.parseString(
                  "holdfast { region = eu, regions { eu { number = 1 }, us { number = 2 } } }")
              .withFallback(ConfigFactory.defaultReference()));
  private final MemoryRegionStates states = new MemoryRegionStates();
  private final LostRegions lost = states.lost(regions);
  private final Placements placements =
      new Placements(regions, _ -> true, lost, directory, (_, _) -> true);
  private final TestProbe<ObjectCommand> actor = kit.createTestProbe();
  private final ObjectHome home = new ObjectHome(OBJECT, Optional.of(placements), actor.getRef());

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private void answered() {
    home.answered(actor.expectMessageClass(ObjectCommand.HomeKnown.class));
  }

  private boolean departed() {
    return home.departed(actor.expectMessageClass(ObjectCommand.Departed.class));
  }

  private void isHere() {
    home.ask();
    answered();
    assertThat(home.isOpen()).isTrue();
  }

  private CompletableFuture<Placement> order(String region) {
    return order(region, Duration.ofMinutes(1));
  }

  private CompletableFuture<Placement> order(String region, Duration quietMax) {
    CompletableFuture<Placement> reply = new CompletableFuture<>();
    boolean _ =
        home.beginDeparture(
            (ObjectCommand.Move)
                new ObjectCall.Sent<>(
                        OBJECT, CallContext.RUNTIME, new ObjectCall.Move(region), reply)
                    .command(),
            quietMax);
    return reply;
  }

  private static ErrorCode code(CompletableFuture<?> reply) {
    assertThat(reply).isCompletedExceptionally();
    return ((HoldfastException) reply.exceptionNow()).code();
  }

  @Test
  void nothingRunsBeforeItIsKnownThatTheObjectLivesHere() {
    assertThat(home.isOpen()).isFalse();
    isHere();
    assertThat(home.refusal()).isNull();
  }

  @Test
  void aClusterOfOneRegionDoesNotAsk() {
    ObjectHome alone = new ObjectHome(OBJECT, Optional.empty(), actor.getRef());
    alone.ask();
    actor.expectNoMessage();
    assertThat(alone.isOpen()).isTrue();
  }

  @Test
  void anObjectThatLivesElsewhereIsRefusedWithItsHome() {
    Placement there = Placement.first("us");
    directory.changedElsewhere(OBJECT.key(), there);
    home.ask();
    answered();
    assertThat(home.isOpen()).isFalse();
    assertThat(home.refusal())
        .isInstanceOfSatisfying(
            ObjectMoved.class, moved -> assertThat(moved.home()).isEqualTo(there));
  }

  @Test
  void aDirectoryThatIsAwayIsARefusalThatMayPass() {
    directory.isAway(true);
    home.ask();
    answered();
    assertThat(home.refusal().code()).isEqualTo(ErrorCode.STORAGE_FAILED);
  }

  @Test
  void itLeavesOnceItsWriterHasSaidHowFarItCame() {
    isHere();
    CompletableFuture<Placement> reply = order("us");
    assertThat(home.isDeparting()).isTrue();
    assertThat(home.isOpen()).isFalse();
    home.released(42);
    assertThat(home.leave()).isTrue();
    assertThat(departed()).isTrue();
    assertThat(reply).isCompletedWithValue(new Placement("us", 2, 42));
    assertThat(home.refusal()).isInstanceOf(ObjectMoved.class);
    assertThat(directory.row(OBJECT.key())).contains(new Placement("us", 2, 42));
  }

  @Test
  void itStaysWhenItsWriterHasFailed() {
    isHere();
    CompletableFuture<Placement> reply = order("us");
    assertThat(home.leave()).isFalse();
    assertThat(code(reply)).isEqualTo(ErrorCode.STORAGE_FAILED);
    assertThat(home.isOpen()).isTrue();
    assertThat(directory.row(OBJECT.key())).contains(Placement.first("eu"));
  }

  /// The one thing that must not happen: it runs here again, and the change comes true.
  @Test
  void aChangeOfWhichNobodyKnowsIsOvertakenBeforeTheObjectRunsAgain() {
    isHere();
    CompletableFuture<Placement> reply = order("us");
    home.released(42);
    directory.losesChange();
    assertThat(home.leave()).isTrue();
    assertThat(departed()).as("known").isFalse();
    assertThat(home.isOpen()).isFalse();
    assertThat(departed()).isTrue();
    assertThat(home.isOpen()).isTrue();
    assertThat(code(reply)).isEqualTo(ErrorCode.STORAGE_FAILED);
    directory.lateChangesArrive();
    assertThat(directory.row(OBJECT.key())).contains(new Placement("eu", 2, 0));
  }

  @Test
  void aChangeThatCameTrueThoughNobodyWasToldIsObeyed() {
    isHere();
    CompletableFuture<Placement> reply = order("us");
    home.released(42);
    directory.losesChange();
    assertThat(home.leave()).isTrue();
    assertThat(departed()).isFalse();
    directory.lateChangesArrive();
    assertThat(departed()).as("stays").isFalse();
    assertThat(code(reply)).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
    answered();
    assertThat(home.refusal())
        .isInstanceOfSatisfying(
            ObjectMoved.class, moved -> assertThat(moved.home().region()).isEqualTo("us"));
  }

  @Test
  void whatRunsWhenItsRegionIsGivenUpHasToAskAnew() {
    isHere();
    assertThat(home.isCurrent()).isTrue();
    RegionState _ = states.declare("eu", true).join();
    lost.poll().join();
    assertThat(home.isCurrent()).isFalse();
    assertThat(home.isStale()).isTrue();
    home.ask();
    answered();
    assertThat(home.isOpen()).isFalse();
    assertThat(home.refusal().code()).isEqualTo(ErrorCode.REGION_UNREACHABLE);
  }

  @Test
  void anOrderThatComesBeforeItIsKnownWhereTheObjectIsWaits() {
    CompletableFuture<Placement> reply = order("us");
    assertThat(reply).isNotDone();
    isHere();
    assertThat(home.waitingOrder()).isNotNull();
    assertThat(home.waitingOrder()).isNull();
  }

  @Test
  void toMoveToWhereItIsIsDoneAtOnce() {
    isHere();
    assertThat(order("eu")).isCompletedWithValue(Placement.first("eu"));
    assertThat(home.isOpen()).isTrue();
  }

  @Test
  void anObjectThatIsBusyForTooLongStays() {
    isHere();
    CompletableFuture<Placement> patient = order("us");
    assertThat(home.isTooBusy()).isFalse();
    assertThat(patient).isNotDone();
    home.giveUp(new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "ends"));
    CompletableFuture<Placement> hasty = order("us", Duration.ZERO);
    assertThat(home.isTooBusy()).isTrue();
    assertThat(code(hasty)).isEqualTo(ErrorCode.OBJECT_BLOCKED);
    assertThat(home.isOpen()).isTrue();
    assertThat(home.isTooBusy()).as("without an order").isFalse();
  }

  @Test
  void aSecondOrderIsRefusedAndOneOfAClusterOfOneRegion() {
    isHere();
    CompletableFuture<Placement> first = order("us");
    assertThat(code(order("us"))).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
    home.close(new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "ends"));
    assertThatThrownBy(first::join).hasMessageContaining("ends");
    ObjectHome alone = new ObjectHome(OBJECT, Optional.empty(), actor.getRef());
    CompletableFuture<Placement> reply = new CompletableFuture<>();
    boolean _ =
        alone.beginDeparture(
            new ObjectCommand.Move(
                new ObjectCall.Sent<>(
                    OBJECT, CallContext.RUNTIME, new ObjectCall.Move("us"), reply),
                "us"),
            Duration.ZERO);
    assertThat(code(reply)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }
}
