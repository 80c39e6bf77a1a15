package io.holdfast.node.object;

import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Sharding holds back what it does not know where to send, without an end. It also sends to nodes that have just left,
 * because they had the shard a moment ago; remoting drops that, and tells nobody. So does it with what waits for a connection
 * to a node that dies.
 */
/// The commands on their way to objects, in this node, none of which takes for ever. Thread-safe.
public final class Underway implements Extension {
  private static final Logger log = LoggerFactory.getLogger(Underway.class);
  private static final Id ID = new Id();
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  /** Longer than it takes to replace a node that has fallen silent. */
  static final Duration IN_REGION_MAX = Duration.ofSeconds(15);

  /** After a node is no member any more: when those that had a shard there have noticed, too. */
  private static final List<Duration> SEND_AGAIN_AFTER =
      List.of(Duration.ofSeconds(1), Duration.ofMillis(2_500));

  private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final Queue<Long> sendAgainNanos = new ConcurrentLinkedQueue<>();
  private volatile Consumer<ObjectCommand.Travelling> sender = _ -> {};
  private final LongSupplier nanoTime;

  private record Waiting(
      ObjectCommand.Travelling command, long deadlineNanos, Supplier<HoldfastException> why) {}

  Underway(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  private Underway(ExtendedActorSystem system) {
    this(System::nanoTime);
    Cancellable _ =
        system
            .scheduler()
            .scheduleWithFixedDelay(LOOK_EVERY, LOOK_EVERY, this::look, system.dispatcher());
  }

  /// The extension of this system; it looks from the first call on.
  public static Underway get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// A command is sent from here, or on from here.
  ///
  /// @param max how long it may take; then it is rejected, and must not arrive any more
  void watch(ObjectCommand.Travelling command, Duration max, Supplier<HoldfastException> why) {
    command.passage().beginAgain();
    waiting.add(new Waiting(command, nanoTime.getAsLong() + max.toNanos(), why));
  }

  /// How a command is sent once more.
  void sendBy(Consumer<ObjectCommand.Travelling> sender) {
    this.sender = sender;
  }

  /// A node is no member any more: what was on its way there is lost, and is sent again to where
  /// the object is then.
  public void memberIsGone() {
    long now = nanoTime.getAsLong();
    SEND_AGAIN_AFTER.forEach(after -> sendAgainNanos.add(now + after.toNanos()));
  }

  /// Gives up what has been on its way for too long.
  void look() {
    long now = nanoTime.getAsLong();
    boolean again = sendAgainNanos.removeIf(at -> now - at >= 0);
    List<ObjectCommand.Travelling> lost = new ArrayList<>();
    waiting.removeIf(one -> {
      Passage passage = one.command.passage();
      if (now - one.deadlineNanos >= 0 && passage.giveUp()) {
        reject(one);
      } else if (again && passage.giveUp()) {
        lost.add(one.command.again());
      }
      return passage.isOver();
    });
    lost.forEach(sender);
  }

  /** What one does that hears of it is no reason to leave the others waiting. */
  private static void reject(Waiting one) {
    try {
      one.command.reject(one.why.get());
    } catch (RuntimeException e) {
      log.warn("rejecting a call to {} failed", one.command.target(), e);
    }
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<Underway>
      implements ExtensionIdProvider {
    @Override
    public Underway createExtension(ExtendedActorSystem system) {
      return new Underway(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
