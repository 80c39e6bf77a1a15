package io.holdfast.node.object;

import io.holdfast.node.idempotency.Fingerprint;
import io.holdfast.node.idempotency.StoredAnswer;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;

/// A request under an idempotency key. Its body is read to its end before anything runs, and so is
/// the body of the answer, up to what may be kept.
final class KeyedFetch implements KeyedCall.Kind<Response> {
  /// Tells a repeated answer from the first.
  static final String REPLAYED = "idempotent-replayed";

  private Request request;

  KeyedFetch(Request request) {
    this.request = request;
  }

  @Override
  public long bytes() {
    return request.body().buffered().map(body -> body.length).orElse(0);
  }

  @Override
  public Fingerprint fingerprint(Incarnation incarnation) throws IOException {
    if (request.header("upgrade").isPresent()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected no idempotency key on an upgrade, whose answer cannot be repeated");
    }
    byte[] body =
        wholeBody(
            TurnStreams.inbound(incarnation, request).body(),
            incarnation.keyedCalls().settings().requestBytesMax());
    request = request.withBody(Body.of(body));
    return Fingerprint.of(request, body);
  }

  private static byte[] wholeBody(Body body, int bytesMax) throws IOException {
    byte[] buffered = body.buffered().orElse(null);
    if (buffered == null) {
      try (InputStream in = body.stream()) {
        buffered = body.length().orElse(0) > bytesMax ? null : in.readNBytes(bytesMax);
        buffered = buffered == null || in.read() >= 0 ? null : buffered;
      }
    }
    if (buffered == null || buffered.length > bytesMax) {
      throw new HoldfastException(
          ErrorCode.BODY_TOO_LARGE,
          "expected a body of at most "
              + bytesMax
              + " bytes in a request with an idempotency key, found more");
    }
    return buffered;
  }

  @Override
  public boolean exists(Incarnation incarnation) {
    return true;
  }

  @Override
  public Response run(DurableObject instance, Incarnation incarnation) throws Exception {
    return ObjectEvent.Fetch.response(instance, request);
  }

  @Override
  public KeyedCall.Kept<Response> keep(Response answer, int bytesMax) throws IOException {
    if (answer.webSocket().isPresent()) {
      return new KeyedCall.Kept<>(answer, new StoredAnswer.NotKept());
    }
    byte[] whole = answer.body().buffered().orElse(null);
    if (whole != null) {
      return new KeyedCall.Kept<>(answer, stored(answer, whole));
    }
    Prefix prefix = Prefix.of(answer.body().stream(), bytesMax);
    if (prefix.whole().isPresent()) {
      byte[] read = prefix.whole().get();
      return new KeyedCall.Kept<>(answer.withBody(Body.of(read)), stored(answer, read));
    }
    Body again =
        answer.body().length().isPresent()
            ? Body.of(prefix.all(), answer.body().length().getAsLong())
            : Body.of(prefix.all());
    return new KeyedCall.Kept<>(answer.withBody(again), new StoredAnswer.NotKept());
  }

  private static StoredAnswer stored(Response answer, byte[] body) {
    return new StoredAnswer.Http(answer.status(), answer.headers(), body);
  }

  @Override
  public Response repeated(StoredAnswer answer) {
    StoredAnswer.Http http = (StoredAnswer.Http) answer;
    return Response.of(http.status(), http.headers().with(REPLAYED, "true"), Body.of(http.body()));
  }
}
