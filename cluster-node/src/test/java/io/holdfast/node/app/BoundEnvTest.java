package io.holdfast.node.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BoundEnvTest {
  private static final NamespaceId ROOMS = new NamespaceId("chat", "rooms");

  private final FakeGateway gateway = new FakeGateway();
  private final BoundEnv env =
      env(Map.of("rooms", ROOMS, "USERS", new NamespaceId("auth", "users")));

  private BoundEnv env(Map<String, NamespaceId> objects) {
    Map<String, AppBindings.Target> targets = new java.util.HashMap<>();
    objects.forEach((name, id) -> targets.put(name, new AppBindings.Target(id, new ObjectIds(id))));
    return new BoundEnv(
        new AppBindings(
            "chat", targets, Map.of("A", "1"), new Secrets(Map.of("S", "hush")), gateway.codec),
        gateway,
        FakeGateway.caller());
  }

  private ObjectStub stub() {
    return env.objects("rooms").getByName("lobby");
  }

  record Message(String text, int likes) {}

  interface Base<T> {
    T last();

    List<T> all();
  }

  interface Room extends Base<Message> {
    void post(Message message);

    int count();

    long countOf(String user, int days);

    Optional<Message> find(String text);

    Map<String, List<Message>> byUser();

    CompletableFuture<List<Message>> search(String text);

    Future<Void> clean();

    CompletableFuture<Message> lastSoon();

    byte[] raw(byte[] bytes);

    default String title() {
      return "Room of " + count();
    }
  }

  interface Deeper<T> extends Base<List<T>> {}

  interface Deepest extends Deeper<Message> {}

  private static void assertHoldfast(Throwable e, ErrorCode code) {
    assertThat(e)
        .isInstanceOfSatisfying(HoldfastException.class, h -> assertThat(h.code()).isEqualTo(code));
  }

  @Test
  void aStubMovesItsObject() {
    stub().move("us");
    assertThat(gateway.moved)
        .containsExactly(new ObjectAddress(ROOMS, new ObjectIds(ROOMS).named("lobby")) + " to us");
  }

  @Test
  void givesVariablesAndSecrets() {
    assertThat(env.var("A")).isEqualTo("1");
    assertThat(env.secret("S")).isEqualTo("hush");
  }

  @Test
  void refusesNamesThatTheDescriptorDoesNotHave() {
    assertThatThrownBy(() -> env.objects("halls"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.NAMESPACE_NOT_FOUND))
        .hasMessage("expected a name in objects of app chat: USERS, rooms; found 'halls'");
    assertThatThrownBy(() -> env.objects("auth.users"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.NAMESPACE_NOT_FOUND));
    assertThatThrownBy(() -> env.var("B"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT))
        .hasMessage("expected a name in vars of app chat: A; found 'B'");
    assertThatThrownBy(() -> env.secret("T"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT))
        .hasMessage("expected a name in secrets of app chat: S; found 'T'");
    assertThatThrownBy(() -> env(Map.of()).objects("x"))
        .hasMessage(
            "expected no name, because the descriptor of app chat has no objects; found 'x'");
  }

  @Test
  void makesTheIdsOfTheNamespace() {
    ObjectNamespace rooms = env.objects("rooms");
    assertThat(rooms.name()).isEqualTo("rooms");
    assertThat(rooms.idFromName("x")).isEqualTo(new ObjectIds(ROOMS).named("x"));
    assertThat(rooms.idFromString(rooms.idFromName("").hex())).isEqualTo(rooms.idFromName(""));
    assertThat(rooms.newUniqueId()).isNotEqualTo(rooms.newUniqueId());
  }

  @Test
  void refusesIdsOfAnotherNamespace() {
    var foreign = env.objects("USERS").idFromName("x");
    assertThatThrownBy(() -> env.objects("rooms").get(foreign))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_OBJECT_ID))
        .hasMessage("Durable Object ID is not valid for this namespace.");
  }

  @Test
  void aStubPutsItsKeyOnCallsAndRequests() {
    ObjectStub keyed = stub().withIdempotencyKey("k1");
    gateway.answers(3);
    keyed.as(Room.class).count();
    assertThat(gateway.sent.getFirst().context().idempotencyKey())
        .contains(new IdempotencyKey("k1"));
    stub().as(Room.class).count();
    assertThat(gateway.sent.getLast().context().idempotencyKey()).isEmpty();
    AtomicReference<Request> seen = new AtomicReference<>();
    gateway.respondsTo(seen::set);
    keyed.fetch(Request.get("http://x/"));
    assertThat(seen.get().header("idempotency-key")).contains("k1");
    keyed.fetch(Request.get("http://x/").withHeader("Idempotency-Key", "k1"));
    assertThatThrownBy(
            () -> keyed.fetch(Request.get("http://x/").withHeader("Idempotency-Key", "k2")))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT));
    assertThatThrownBy(() -> stub().withIdempotencyKey(""))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void aWorkerSendsNoMessages() {
    assertThatThrownBy(() -> stub().send("post", "hello"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.WRONG_STATE))
        .hasMessageContaining("from a Worker");
    assertThatThrownBy(() -> stub().sender(Room.class).post(new Message("a", 1)))
        .satisfies(e -> assertHoldfast(e, ErrorCode.WRONG_STATE));
    assertThatThrownBy(() -> stub().sender(Room.class).count())
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("returns nothing");
    assertThatThrownBy(() -> stub().sender(String.class))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> stub().withIdempotencyKey("k").send("post"))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT));
    Room sender = stub().sender(Room.class);
    assertThat(sender).isEqualTo(sender).isNotEqualTo(stub().sender(Room.class));
    assertThat(sender.toString()).contains("as sender of");
    assertThatThrownBy(sender::title)
        .as("runs in place, and calls count()")
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT));
    assertThat(gateway.sent).isEmpty();
  }

  @Test
  void makesStubsWithoutSendingAnything() {
    ObjectStub stub = stub();
    assertThat(stub.name()).contains("lobby");
    assertThat(stub.id()).isEqualTo(env.objects("rooms").idFromName("lobby"));
    stub.as(Room.class);
    assertThat(gateway.sent).isEmpty();
  }

  @Test
  void sendsRequestsToTheObject() {
    assertThat(stub().fetch(Request.get("http://x/")).body().text()).isEqualTo("GET");
    assertThat(gateway.fetched.getFirst()).hasToString("chat.rooms/'lobby'");
  }

  @Test
  void sendsTheRequestIdAndTheLocationHint() {
    env.objects("rooms").getByName("a", GetOptions.locationHint("weur")).as(Room.class).post(null);
    stub().as(Room.class).post(null);
    assertThat(gateway.sent)
        .extracting(FakeGateway.Sent::context)
        .extracting(c -> c.requestId() + " " + c.locationHint().orElse("none"))
        .containsExactly("request-1 weur", "request-1 none");
  }

  @Test
  void encodesTheArgumentsOfACall() throws Exception {
    gateway.answers(7);
    assertThat(stub().as(Room.class).countOf("ann", 3)).isEqualTo(7);
    var call = gateway.sent.getFirst().call();
    assertThat(call.method()).isEqualTo("countOf");
    assertThat(
            gateway.codec.decodeArguments(
                call, n -> new java.lang.reflect.Type[] {String.class, int.class}))
        .containsExactly("ann", 3);
  }

  @Test
  void decodesResultsByTheirGenericType() throws Exception {
    Room room = stub().as(Room.class);
    gateway.answers(List.of(new Message("a", 1)));
    assertThat(room.all()).containsExactly(new Message("a", 1));
    assertThat(room.search("a").get()).containsExactly(new Message("a", 1));
    gateway.answers(new Message("b", 2));
    assertThat(room.last()).isEqualTo(new Message("b", 2));
    assertThat(room.lastSoon().get()).isEqualTo(new Message("b", 2));
    assertThat(room.find("b")).contains(new Message("b", 2));
    gateway.answers(Map.of("ann", List.of(new Message("c", 3))));
    assertThat(room.byUser()).isEqualTo(Map.of("ann", List.of(new Message("c", 3))));
    gateway.answers(new byte[] {1, 2});
    assertThat(room.raw(new byte[0])).containsExactly(1, 2);
    gateway.answers(List.of(List.of(new Message("d", 4))));
    assertThat(stub().as(Deepest.class).all()).containsExactly(List.of(new Message("d", 4)));
  }

  @Test
  void takesNullWhereItCanBe() throws Exception {
    Room room = stub().as(Room.class);
    gateway.answers(null);
    assertThat(room.find("x")).isEmpty();
    assertThat(room.last()).isNull();
    assertThat(room.clean().get()).isNull();
    room.post(null);
    assertThatThrownBy(room::count)
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT))
        .hasMessage("expected int from method \"count\" of chat.rooms/'lobby', found null");
  }

  @Test
  void ignoresWhatAVoidMethodAnswers() {
    gateway.answers(Map.of("some", "thing"));
    stub().as(Room.class).post(new Message("x", 0));
    assertThat(gateway.sent).hasSize(1);
  }

  @Test
  void runsDefaultMethodsInPlace() {
    gateway.answers(3);
    assertThat(stub().as(Room.class).title()).isEqualTo("Room of 3");
    assertThat(gateway.sent).extracting(sent -> sent.call().method()).containsExactly("count");
  }

  @Test
  void answersTheMethodsOfObjectItself() {
    Room room = stub().as(Room.class);
    Room other = stub().as(Room.class);
    assertThat(room).isEqualTo(room).isNotEqualTo(other).isNotEqualTo(null);
    assertThat(room.hashCode()).isEqualTo(room.hashCode());
    assertThat(room)
        .hasToString("stub of chat.rooms/'lobby' as io.holdfast.node.app.BoundEnvTest$Room");
    assertThat(gateway.sent).isEmpty();
  }

  @Test
  void refusesWhatIsNoInterface() {
    assertThatThrownBy(() -> stub().as(String.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected an interface, found java.lang.String");
    assertThatThrownBy(() -> stub().as(Override.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesArgumentsThatCannotBeSentBeforeAnythingIsSent() {
    record Knot(Map<String, Object> self) {}
    Map<String, Object> loop = new java.util.HashMap<>();
    loop.put("loop", loop);
    interface Taker {
      void take(Knot knot);
    }
    assertThatThrownBy(() -> stub().as(Taker.class).take(new Knot(loop)))
        .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT));
    assertThat(gateway.sent).isEmpty();
  }

  @Test
  void keepsTheOrderOfTheCallsOfOneStub() {
    Room room = stub().as(Room.class);
    gateway.answersWith(call -> new CompletableFuture<>());
    for (int i = 0; i < 100; i++) {
      room.search("" + i);
    }
    assertThat(gateway.sent)
        .extracting(sent ->
            gateway
                .codec
                .decodeArguments(sent.call(), n -> new java.lang.reflect.Type[] {String.class})[0])
        .isEqualTo(java.util.stream.IntStream.range(0, 100).mapToObj(Integer::toString).toList());
  }

  @Test
  void returnsAtOnceFromMethodsThatReturnAFuture() throws Exception {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    gateway.answersWith(call -> answer);
    CompletableFuture<Message> found = stub().as(Room.class).lastSoon();
    assertThat(found).isNotDone();
    answer.complete(gateway.codec.toCbor(new Message("x", 1)));
    assertThat(found.get(5, TimeUnit.SECONDS)).isEqualTo(new Message("x", 1));
  }

  @Test
  void runsWhatFollowsAFutureOnAThreadOfTheApp() throws Exception {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    gateway.answersWith(call -> answer);
    CompletableFuture<Boolean> virtual =
        stub().as(Room.class).lastSoon().thenApply(m -> Thread.currentThread().isVirtual());
    answer.complete(gateway.codec.toCbor(null));
    assertThat(virtual.get(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void throwsTheErrorsOfTheGatewayAsTheyAre() {
    var overloaded = new ObjectCallException(ErrorCode.OBJECT_OVERLOADED, "Error", "too much");
    gateway.fails(overloaded);
    Room room = stub().as(Room.class);
    assertThatThrownBy(room::count).isSameAs(overloaded);
    assertThatThrownBy(() -> stub().fetch(Request.get("http://x/"))).isSameAs(overloaded);
    assertThatThrownBy(() -> room.search("x").join())
        .isInstanceOf(CompletionException.class)
        .hasCause(overloaded);
    gateway.fails(new CompletionException(overloaded));
    assertThatThrownBy(room::count).isSameAs(overloaded);
  }

  @Test
  void turnsAnyOtherFailureIntoAnInternalError() {
    gateway.fails(new IllegalStateException("bug"));
    assertThatThrownBy(() -> stub().as(Room.class).count())
        .satisfies(e -> assertHoldfast(e, ErrorCode.INTERNAL))
        .hasMessage("the call failed: java.lang.IllegalStateException: bug");
  }

  @Test
  void endsTheWaitWhenTheThreadIsInterruptedAndClosesTheAnswerThatComesLate() throws Exception {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    gateway.respondsWith(answer);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread waiting =
        Thread.startVirtualThread(() -> {
          try {
            stub().fetch(Request.get("http://x/"));
          } catch (Throwable e) {
            flag.complete(Thread.currentThread().isInterrupted());
            thrown.complete(e);
          }
        });
    waiting.interrupt();
    assertHoldfast(thrown.get(5, TimeUnit.SECONDS), ErrorCode.TIMEOUT);
    assertThat(flag.get()).isTrue();
    CountDownLatch closed = new CountDownLatch(1);
    InputStream body =
        new ByteArrayInputStream(new byte[1]) {
          @Override
          public void close() {
            closed.countDown();
          }
        };
    answer.complete(Response.status(200).withBody(Body.of(body)));
    assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void sendsOnlyAbsoluteHttpUrlsToTheWorld() {
    assertThat(env.fetch(Request.get("HTTPS://example.com")).body().text())
        .isEqualTo("to HTTPS://example.com");
    for (String url : List.of("/x", "file:///etc/passwd", "http://", "http:///x", "ftp://x/", "")) {
      assertThatThrownBy(() -> env.fetch(Request.get(url)))
          .satisfies(e -> assertHoldfast(e, ErrorCode.INVALID_ARGUMENT))
          .hasMessage("expected an absolute URL of http or https, found '" + url + "'");
    }
  }
}
