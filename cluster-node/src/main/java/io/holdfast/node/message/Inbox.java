package io.holdfast.node.message;

import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * How far the messages of each sender were carried out: one row per sender with the number of the last one, written with
 * what that message wrote. Numbers of one sender grow, so whatever is not above it was carried out before.
 *
 * A row is needed as long as its sender may send such a message once more, which is until the message is too old. Then it is
 * taken away, a few at each new sender.
 *
 * Turn: all of it.
 */
public final class Inbox {
  private static final RuntimeTable TABLE = RuntimeTable.INBOX;

  /// For clocks of nodes that differ, and for a batch that is long under way.
  private static final Duration MARGIN = Duration.ofDays(2);

  private static final int LOOKED_AT_PER_SENDER = 4;

  private final MessageSettings settings;
  private final InstantSource clock;
  private final Set<String> underWay = new HashSet<>();
  private String lookedAt = "";

  public Inbox(MessageSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /// From now to [#leave] messages of this sender are carried out. False when that is so already:
  /// the sender has lost patience with a batch that is still at work.
  public boolean enter(String sender) {
    return underWay.add(sender);
  }

  public void leave(String sender) {
    underWay.remove(sender);
  }

  /// Runs one message.
  @FunctionalInterface
  public interface Handler {
    /// @param attempt to be kept before the event commits a part
    /// @return why it was not carried out, or null when it was
    Receipt.@Nullable Refusal run(Letter letter, Attempt attempt);
  }

  /// Carries out those messages that were not carried out before, in their order, up to the first
  /// that is refused; what that one wrote is undone.
  public Receipt carryOut(ObjectDatabase database, Batch batch, Handler handler) {
    long through = through(database, batch.sender());
    for (Letter letter : batch.letters()) {
      if (letter.number() > through) {
        Attempt attempt = new Attempt(database);
        Receipt.Refusal refusal = handler.run(letter, attempt);
        if (refusal != null) {
          attempt.undo();
          return new Receipt(through, Optional.of(refusal));
        }
        carriedOut(database, batch.sender(), letter.number());
        attempt.keep();
        through = letter.number();
      }
    }
    return new Receipt(through, Optional.empty());
  }

  /// The number up to which messages of the sender were carried out.
  long through(ObjectDatabase database, String sender) {
    return database.row(TABLE, sender).map(row -> ByteBuffer.wrap(row).getLong()).orElse(0L);
  }

  private void carriedOut(ObjectDatabase database, String sender, long number) {
    if (database.row(TABLE, sender).isEmpty()) {
      forgetSome(database);
    }
    database.putRow(TABLE, sender, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }

  private void forgetSome(ObjectDatabase database) {
    KeyRange next =
        new KeyRange(
            lookedAt,
            Optional.empty(),
            KeyRange.Order.ASCENDING,
            OptionalInt.of(LOOKED_AT_PER_SENDER));
    lookedAt = "";
    for (var row : database.rows(TABLE, next).entrySet()) {
      long sentAtMillis = Numbers.millis(ByteBuffer.wrap(row.getValue()).getLong());
      long keptUntil = sentAtMillis + settings.ageMax().toMillis() + MARGIN.toMillis();
      if (keptUntil < clock.millis()) {
        database.deleteRow(TABLE, row.getKey());
      }
      lookedAt = row.getKey() + "!";
    }
  }
}
