package io.holdfast.node.object;

import io.holdfast.node.message.Attempt;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Inbox;
import io.holdfast.node.message.Letter;
import io.holdfast.node.message.Receipt;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Messages at their receiver: each is carried out once.
///
/// What a message wrote and that it was carried out are one commit. What one wrote that failed is
/// undone, unless it gave the turn away before: then a part is committed and stays.
final class Delivery implements ObjectEvent.Work {
  private final Batch batch;
  private final CompletableFuture<Receipt> reply;

  Delivery(Batch batch, CompletableFuture<Receipt> reply) {
    this.batch = batch;
    this.reply = reply;
  }

  @Override
  public long bytes() {
    return batch.letters().stream().mapToLong(letter -> letter.arguments().length).sum();
  }

  @Override
  public boolean isCall() {
    return true;
  }

  @Override
  public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
    Inbox inbox = incarnation.mail().inbox();
    if (!inbox.enter(batch.sender())) {
      throw new ObjectCallException(
          ErrorCode.OBJECT_UNAVAILABLE,
          "Error",
          "earlier messages of " + batch.sender() + " are still being carried out");
    }
    try {
      Receipt receipt =
          inbox.carryOut(
              incarnation.books(),
              batch,
              (letter, attempt) -> carryOut(instance, incarnation, letter, attempt));
      return new ObjectEvent.Reply<>(reply, receipt);
    } finally {
      inbox.leave(batch.sender());
      Turn.CURRENT.get().beforePart = null;
    }
  }

  private static Receipt.@Nullable Refusal carryOut(
      DurableObject instance, Incarnation incarnation, Letter letter, Attempt attempt) {
    incarnation.turn().beforePart = attempt::keep;
    try {
      ObjectEvent.discard(ObjectEvent.Invoke.result(instance, incarnation, letter.call()));
      incarnation.services().metrics().messageCarriedOut();
      return null;
    } catch (Throwable e) {
      HoldfastException error = incarnation.described(e);
      if (incarnation.endedBy() != null) {
        throw error;
      }
      boolean forGood = !incarnation.hasMethod(letter.method());
      return new Receipt.Refusal(error.code(), error.getMessage(), forGood);
    }
  }

  @Override
  public OutputGate.Effect failed(HoldfastException error) {
    return new ObjectEvent.Failure(reply, error);
  }
}
