package io.holdfast.node.object;

import io.holdfast.node.idempotency.Fingerprint;
import io.holdfast.node.idempotency.StoredAnswer;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// A call under an idempotency key: runs when it is the first, repeats the answer of the first
/// otherwise.
///
/// What the first call ended with is stored, an error like any other answer, for what it wrote
/// before it threw is kept. A reset stores nothing.
final class KeyedCall<T> implements ObjectEvent.Work {
  /** What is called. */
  interface Kind<T> {
    /// What it keeps in memory while it waits for the turn.
    long bytes();

    /// May wait for the body of the call.
    Fingerprint fingerprint(Incarnation incarnation) throws Exception;

    /// Whether the object has what is called.
    boolean exists(Incarnation incarnation);

    T run(DurableObject instance, Incarnation incarnation) throws Exception;

    /// The answer in the two forms it leaves in: to the caller and to the repeats.
    Kept<T> keep(T answer, int bytesMax) throws Exception;

    T repeated(StoredAnswer answer);
  }

  record Kept<T>(T answer, StoredAnswer stored) {}

  private final IdempotencyKey key;
  private final Kind<T> kind;
  private final CompletableFuture<T> reply;

  KeyedCall(IdempotencyKey key, Kind<T> kind, CompletableFuture<T> reply) {
    this.key = key;
    this.kind = kind;
    this.reply = reply;
  }

  @Override
  public long bytes() {
    return kind.bytes();
  }

  @Override
  public boolean isCall() {
    return true;
  }

  @Override
  public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
    Fingerprint fingerprint = kind.fingerprint(incarnation);
    Optional<StoredAnswer> known = incarnation.keyedCalls().answer(key, fingerprint);
    if (known.isPresent()) {
      incarnation.services().metrics().answerRepeated();
      return repeat(known.get());
    }
    if (!kind.exists(incarnation)) {
      // Nothing to remember: a later version of the class may have it.
      return new ObjectEvent.Reply<>(reply, kind.run(instance, incarnation));
    }
    KeyedCalls.Running mine = incarnation.keyedCalls().enter(key, fingerprint);
    try {
      return runFirst(instance, incarnation, mine);
    } finally {
      incarnation.keyedCalls().leave(key, mine);
      Turn.CURRENT.get().beforePart = null;
    }
  }

  private OutputGate.Effect repeat(StoredAnswer answer) {
    return switch (answer) {
      case StoredAnswer.Failure failure -> failed(failure.toException());
      case StoredAnswer.NotKept _ -> failed(notKept());
      default -> new ObjectEvent.Reply<>(reply, kind.repeated(answer));
    };
  }

  private HoldfastException notKept() {
    return new HoldfastException(
        ErrorCode.IDEMPOTENCY_NOT_KEPT,
        "the call with the idempotency key '"
            + key.value()
            + "' was carried out; its answer was too large to be kept");
  }

  private OutputGate.Effect runFirst(
      DurableObject instance, Incarnation incarnation, KeyedCalls.Running mine) {
    OutputGate.Effect effect;
    StoredAnswer stored;
    try {
      KeyedCalls calls = incarnation.keyedCalls();
      T answer = kind.run(instance, incarnation);
      Kept<T> kept = kind.keep(answer, calls.settings().answerBytesMax());
      effect = new ObjectEvent.Reply<>(reply, kept.answer());
      stored = kept.stored();
    } catch (Throwable e) {
      HoldfastException error = incarnation.described(e);
      if (incarnation.endedBy() != null) {
        return failed(error);
      }
      effect = failed(error);
      stored = StoredAnswer.Failure.of(error);
    }
    store(incarnation, mine, stored);
    return effect;
  }

  /** An answer that is not stored must not leave. */
  private void store(Incarnation incarnation, KeyedCalls.Running mine, StoredAnswer stored) {
    try {
      incarnation.keyedCalls().ended(key, mine, stored);
    } catch (HoldfastException e) {
      throw incarnation.reset(e);
    }
  }

  @Override
  public OutputGate.Effect failed(HoldfastException error) {
    return new ObjectEvent.Failure(reply, error);
  }
}
