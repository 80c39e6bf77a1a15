package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// A client whose object goes from node to node: what becomes of its messages, and of it.
class KeptClientTest {
  private static final ObjectAddress OBJECT = ObjectAddress.parse("app.rooms/" + "a".repeat(64));
  private static final long GENERATION = 7;
  private static final KeptSocket SOCKET =
      new KeptSocket(OBJECT, new UUID(1, 2), "edge", GENERATION, List.of("tag"));
  private static final SocketState STATE =
      new SocketState(null, Optional.empty(), Optional.empty(), Optional.empty());

  private final TestKeeper keeper = new TestKeeper();
  private final SocketEnd towardsClient = SocketEnd.open();
  private final Heard client = new Heard();
  private final CompletableFuture<Void> earlier = CompletableFuture.completedFuture(null);
  private final KeptClient kept = new KeptClient(keeper, SOCKET, towardsClient, STATE, earlier);

  KeptClientTest() {
    towardsClient.other().attach(client);
    towardsClient.attach(kept);
  }

  private static final class TestKeeper implements KeptClient.Keeper {
    private int resumed;
    private final List<String> lost = new ArrayList<>();
    private boolean forgotten;
    private boolean isThere = true;

    @Override
    public void resume(ObjectAddress object) {
      resumed++;
    }

    @Override
    public void lost(KeptClient client, String owner) {
      lost.add(owner);
    }

    @Override
    public void forget(KeptClient client) {
      forgotten = true;
    }

    @Override
    public boolean isThere(String owner) {
      return isThere;
    }
  }

  /** What comes out of an end; messages are taken when the test says so. */
  private static final class Heard implements SocketReceiver {
    private final List<String> texts = new ArrayList<>();
    private final List<Runnable> untaken = new ArrayList<>();
    private final List<Integer> codes = new ArrayList<>();

    @Override
    public void message(SocketMessage message, Runnable taken) {
      texts.add(((SocketMessage.Text) message).text());
      untaken.add(taken);
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      codes.add(code);
    }

    void take() {
      untaken.removeFirst().run();
    }
  }

  /** A node that the object is on. */
  private record Node(SocketEnd end, Heard heard) {
    static Node of(SocketEnd end) {
      Heard heard = new Heard();
      end.attach(heard);
      return new Node(end, heard);
    }

    void send(String text) {
      end.send(new SocketMessage.Text(text), () -> {});
    }
  }

  private Node linked(String owner) {
    SocketEnd link = SocketEnd.open();
    kept.link(link, owner);
    return Node.of(link.other());
  }

  private Node handedOver(String owner) {
    return Node.of(kept.handOver(GENERATION, owner).join().orElseThrow().end());
  }

  private int taken;

  private void say(String text) {
    towardsClient.other().send(new SocketMessage.Text(text), () -> taken++);
  }

  @Test
  void whatTheObjectIsDoneWithIsTaken() {
    Node node = linked("one");
    say("a");
    say("b");
    node.heard().take();
    assertThat(node.heard().texts).containsExactly("a", "b");
    assertThat(taken).isEqualTo(1);
  }

  @Test
  void whatANodeGivesBackUndoneGoesToTheNextInOrder() {
    Node one = linked("one");
    say("a");
    say("b");
    say("c");
    one.heard().take();
    one.end().close(CloseCodes.LEFT, "", true);
    assertThat(keeper.resumed).isEqualTo(1);
    say("d");
    Node two = handedOver("two");
    say("e");
    assertThat(two.heard().texts).containsExactly("b", "c", "d", "e");
    two.heard().take();
    assertThat(taken).isEqualTo(2);
    assertThat(client.codes).isEmpty();
  }

  @Test
  void whatComesWhileASocketIsAskedBackIsNotLost() {
    Node one = linked("one");
    say("a");
    var offer = kept.handOver(GENERATION, "two");
    assertThat(one.heard().codes).containsExactly(CloseCodes.YIELD);
    say("b");
    one.heard().take();
    one.end().close(CloseCodes.LEFT, "", true);
    Node two = Node.of(offer.join().orElseThrow().end());
    assertThat(one.heard().texts).containsExactly("a");
    assertThat(two.heard().texts).containsExactly("b");
    assertThat(taken).isEqualTo(1);
  }

  @Test
  void framesOfANodeThatGaveASocketBackComeBeforeThoseOfTheNext() {
    Node one = linked("one");
    var offer = kept.handOver(GENERATION, "two");
    one.send("from one");
    one.end().close(CloseCodes.LEFT, "", true);
    Node two = Node.of(offer.join().orElseThrow().end());
    two.send("from two");
    assertThat(client.texts).containsExactly("from one", "from two");
  }

  @Test
  void aClientOfWhomNothingWasWithANodeThatIsGoneStays() {
    Node one = linked("one");
    say("a");
    one.heard().take();
    one.end().close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    assertThat(keeper.lost).containsExactly("one");
    assertThat(client.codes).isEmpty();
    Node two = handedOver("two");
    say("b");
    assertThat(two.heard().texts).containsExactly("b");
  }

  @Test
  void aClientOfWhomAMessageWasWithANodeThatIsGoneIsTold() {
    Node one = linked("one");
    say("a");
    one.end().close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
    assertThat(keeper.forgotten).isTrue();
    assertThat(taken).isEqualTo(1);
  }

  @Test
  void aClientWhoseNodeIsThereAfterAllIsTold() {
    linked("one").end().close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    kept.stillThere("one");
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
  }

  @Test
  void aNodeThatLostItsConnectionDoesNotGetTheClientBack() {
    linked("one").end().close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    assertThat(kept.handOver(GENERATION, "one").join()).isEmpty();
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
  }

  @Test
  void aNodeThatIsThereAndDoesNotGiveASocketBackCostsItsClient() {
    linked("one");
    assertThat(kept.handOver(GENERATION, "two").join()).isEmpty();
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
  }

  @Test
  void aNodeThatIsNoMemberAnyMoreIsNotWaitedFor() {
    Node one = linked("one");
    keeper.isThere = false;
    Node two = handedOver("two");
    one.send("too late");
    two.send("in time");
    assertThat(client.texts).containsExactly("in time");
  }

  @Test
  void aClientOfAnotherGenerationIsTold() {
    assertThat(kept.handOver(GENERATION + 1, "two").join()).isEmpty();
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
  }

  @Test
  void aClientThatItsObjectHasGivenUpIsTold() {
    linked("one");
    kept.dropIfOf(GENERATION + 1);
    assertThat(client.codes).isEmpty();
    kept.dropIfOf(GENERATION);
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
  }

  @Test
  void aNodeThatHasItAlreadyIsNotOfferedItAgain() {
    Node one = linked("one");
    assertThat(kept.handOver(GENERATION, "one").join()).isEmpty();
    say("a");
    assertThat(one.heard().texts).containsExactly("a");
    assertThat(client.codes).isEmpty();
  }

  @Test
  void theEndOfAClientIsToldToTheNextNodeAsWell() {
    Node one = linked("one");
    towardsClient.other().close(3001, "bye", true);
    assertThat(one.heard().codes).containsExactly(3001);
    one.end().close(CloseCodes.LEFT, "", true);
    Node two = handedOver("two");
    assertThat(two.heard().codes).containsExactly(3001);
    two.end().close(3001, "", true);
    assertThat(client.codes).containsExactly(3001);
    assertThat(keeper.forgotten).isTrue();
  }

  @Test
  void anObjectThatClosesFirstIsForgottenWithTheClientsAnswer() {
    Node one = linked("one");
    one.end().close(3002, "enough", true);
    assertThat(client.codes).containsExactly(3002);
    assertThat(keeper.forgotten).isFalse();
    towardsClient.other().close(3002, "", true);
    assertThat(one.heard().codes).containsExactly(3002);
    assertThat(keeper.forgotten).isTrue();
  }

  @Test
  void whatWaitsForTooLongIsGivenUp() {
    say("a");
    assertThat(kept.waits()).isTrue();
    kept.giveUp();
    assertThat(client.codes).containsExactly(CloseCodes.SERVICE_RESTART);
    assertThat(taken).isEqualTo(1);
  }

  @Test
  void theNextNodeWaitsForWhatTheLastOneHadBegun() {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    KeptClient waiting = new KeptClient(keeper, SOCKET, SocketEnd.open(), STATE, begun);
    var handedOver = waiting.handOver(GENERATION, "two");
    assertThat(handedOver).isNotDone();
    begun.complete(null);
    assertThat(handedOver.join()).isPresent();
  }

  @Test
  void aClientIsToldWhenWhatTheLastNodeHadBegunIsNotKnownInTime() {
    SocketEnd end = SocketEnd.open();
    Heard told = new Heard();
    end.other().attach(told);
    KeptClient waiting = new KeptClient(keeper, SOCKET, end, STATE, new CompletableFuture<Void>());
    assertThat(waiting.handOver(GENERATION, "two").join()).isEmpty();
    assertThat(told.codes).containsExactly(1012);
  }
}
