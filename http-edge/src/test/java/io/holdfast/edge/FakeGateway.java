package io.holdfast.edge;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceDirectory;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;

/// Objects that answer what the test says, and a directory with the namespaces `shop.carts` and
/// `blog.posts`.
final class FakeGateway implements ObjectGateway, NamespaceDirectory {
  static final NamespaceId CARTS = new NamespaceId("shop", "carts");
  static final NamespaceId POSTS = new NamespaceId("blog", "posts");

  final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private volatile BiFunction<ObjectAddress, RpcCall, byte[]> onInvoke =
      (_, call) -> call.arguments();
  private volatile BiFunction<ObjectAddress, Request, Response> onFetch =
      (_, request) -> Response.text(request.method() + " " + request.url());
  private volatile RuntimeException failure;

  record Call(ObjectAddress target, Object request, CallContext context) {}

  FakeGateway answersInvoke(BiFunction<ObjectAddress, RpcCall, byte[]> answer) {
    onInvoke = answer;
    return this;
  }

  FakeGateway answersFetch(BiFunction<ObjectAddress, Request, Response> answer) {
    onFetch = answer;
    return this;
  }

  FakeGateway fails(RuntimeException with) {
    failure = with;
    return this;
  }

  Call onlyCall() {
    if (calls.size() != 1) {
      throw new AssertionError("expected one call, found " + calls);
    }
    return calls.peek();
  }

  @Override
  public CompletableFuture<Response> fetch(
      ObjectAddress target, Request request, CallContext context) {
    calls.add(new Call(target, request, context));
    return failure == null
        ? onVirtualThread(() -> onFetch.apply(target, request))
        : CompletableFuture.failedFuture(failure);
  }

  @Override
  public CompletableFuture<RpcResult> invoke(
      ObjectAddress target, RpcCall call, CallContext context) {
    calls.add(new Call(target, call, context));
    return failure == null
        ? onVirtualThread(() -> new RpcResult.Value(onInvoke.apply(target, call)))
        : CompletableFuture.failedFuture(failure);
  }

  private static <T> CompletableFuture<T> onVirtualThread(java.util.function.Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> Thread.ofVirtual().start(task));
  }

  @Override
  public NamespaceId resolve(String name) {
    for (NamespaceId id : List.of(CARTS, POSTS)) {
      if (id.name().equals(name) || id.toString().equals(name)) {
        return id;
      }
    }
    throw new HoldfastException(
        ErrorCode.NAMESPACE_NOT_FOUND,
        "expected one of shop.carts, blog.posts, found '" + name + "'");
  }

  @Override
  public ObjectIds ids(NamespaceId namespace) {
    return new ObjectIds(namespace);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public CompletableFuture<String> move(ObjectAddress target, String region, CallContext context) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int birthRegion(NamespaceId namespace, Optional<Jurisdiction> jurisdiction) {
    return 0;
  }
}
