package io.holdfast.node.object;

import io.holdfast.node.app.Waiting;
import io.holdfast.node.message.Inbox;
import io.holdfast.node.message.MessageSettings;
import io.holdfast.node.message.Outbox;
import io.holdfast.node.message.Receipt;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.DeadLetter;
import io.holdfast.sdk.DeadLetters;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The messages of one incarnation. The outbox is looked at in rounds, each an event of the object: one is queued when
 * messages were committed, when answers came, when the object was woken for it, and when storage was opened and something
 * waits. At most one is queued at a time. What a round finds ready to leave is an effect, so it leaves when the commit of
 * the messages is durable.
 *
 * Turn: all but `isDelivering` and `arrived`.
 */
final class ObjectMail implements DeadLetters {
  private static final Logger log = LoggerFactory.getLogger(ObjectMail.class);

  private final Incarnation incarnation;
  private final MessageSettings settings;
  private final Outbox outbox;
  private final Inbox inbox;
  private final AtomicBoolean roundQueued = new AtomicBoolean();
  private boolean sent;

  ObjectMail(Incarnation incarnation) {
    ObjectServices services = incarnation.services();
    this.incarnation = incarnation;
    this.settings = services.settings().messages();
    this.outbox =
        new Outbox(incarnation.address(), settings, services.clock(), new SplittableRandom());
    this.inbox = new Inbox(settings, services.clock());
  }

  Inbox inbox() {
    return inbox;
  }

  /// Whether messages are under way whose answer this incarnation waits for. Any thread.
  boolean isDelivering() {
    return outbox.isDelivering();
  }

  // ---- for the object's code

  void send(ObjectAddress receiver, RpcCall call) {
    write(database -> {
      outbox.send(database, receiver, call);
      return true;
    });
    incarnation.services().metrics().messageSent();
  }

  @Override
  public List<DeadLetter> list(int max) {
    if (max < 1) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected 1 or more dead letters to list, found " + max);
    }
    return outbox.deadLetters(incarnation.books(), max);
  }

  @Override
  public int count() {
    return outbox.deadLetterCount(incarnation.books());
  }

  @Override
  public boolean retry(long number) {
    return write(database -> outbox.retry(database, number));
  }

  @Override
  public boolean drop(long number) {
    return write(database -> outbox.drop(database, number));
  }

  private boolean write(Predicate<ObjectDatabase> change) {
    sent = true;
    return incarnation.storage().runtimeWrite(change::test);
  }

  // ---- rounds

  /// What the running event wrote is committed.
  void committed() {
    if (sent) {
      sent = false;
      queueRound();
    }
  }

  void opened(ObjectDatabase database) {
    if (Outbox.isWaiting(database)) {
      queueRound();
    }
  }

  /// The index of alarms has woken the object, perhaps for its messages.
  void woken() {
    if (outbox.woken(incarnation.books())) {
      queueRound();
    }
  }

  private void queueRound() {
    if (roundQueued.compareAndSet(false, true)) {
      incarnation.submitOwn(new Look());
    }
  }

  /** One round. When its incarnation ends before it ran, it runs in the next. */
  private static final class Look implements ObjectEvent.Work {
    @Override
    public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
      return incarnation.mail().look();
    }

    @Override
    public OutputGate.Effect failed(HoldfastException error) {
      log.debug("messages were not looked after, it is done again later", error);
      return ObjectEvent.NOTHING;
    }
  }

  private OutputGate.Effect look() {
    roundQueued.set(false);
    Outbox.Round round = work();
    for (DeadLetter letter : round.givenUp()) {
      incarnation.services().metrics().messageGivenUp();
      incarnation.submitOwn(new GivenUp(letter));
    }
    return round.parcels().isEmpty() ? ObjectEvent.NOTHING : new Leaving(round.parcels());
  }

  private Outbox.Round work() {
    try {
      return outbox.work(incarnation.books());
    } catch (HoldfastException e) {
      log.warn("{}: the messages it sent cannot be looked after", incarnation.address(), e);
      throw e;
    }
  }

  /** Parcels, once they may leave. */
  private final class Leaving implements OutputGate.Effect {
    private final List<Outbox.Parcel> parcels;

    Leaving(List<Outbox.Parcel> parcels) {
      this.parcels = parcels;
    }

    @Override
    public void release() {
      parcels.forEach(ObjectMail.this::deliver);
    }

    /** The next incarnation finds them in its storage, if they were ever durable. */
    @Override
    public void fail(HoldfastException reason) {}
  }

  private void deliver(Outbox.Parcel parcel) {
    var _ =
        incarnation
            .services()
            .deliver(parcel.receiver(), parcel.batch())
            .orTimeout(settings.deliveryTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((receipt, failure) -> arrived(parcel, receipt, failure));
  }

  private void arrived(
      Outbox.Parcel parcel, @Nullable Receipt receipt, @Nullable Throwable failure) {
    if (receipt != null) {
      outbox.arrived(parcel, receipt);
    } else {
      outbox.lost(parcel, described(failure));
    }
    queueRound();
  }

  private HoldfastException described(@Nullable Throwable failure) {
    return failure == null || failure instanceof TimeoutException
        ? new HoldfastException(
            ErrorCode.TIMEOUT,
            "expected an answer within " + settings.deliveryTimeout() + ", found none")
        : Waiting.failure(failure);
  }

  /** Tells the object of a message that was given up. */
  private record GivenUp(DeadLetter letter) implements ObjectEvent.Work {
    @Override
    public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) throws Exception {
      instance.onDeadLetter(letter);
      return ObjectEvent.NOTHING;
    }

    @Override
    public OutputGate.Effect failed(HoldfastException error) {
      log.warn("onDeadLetter() failed: {}", error.getMessage());
      return ObjectEvent.NOTHING;
    }
  }
}
