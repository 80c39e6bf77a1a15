package io.holdfast.node.message;

import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.persistence.database.Wake;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/*
 * The rows of a sender, in RuntimeTable.OUTBOX:
 *
 *   state                             whose they are, the last number, what waits
 *   m:<receiver>:<number, 16 hex>     a Letter
 *   r:<receiver>                      the Tries of the first of them
 *   d:<number, 16 hex>                a BuriedLetter
 *   wake                              see ObjectDatabase.wake
 *
 * Nothing is remembered outside of the open transaction.
 */
final class OutboxBooks {
  private static final RuntimeTable TABLE = RuntimeTable.OUTBOX;
  private static final String STATE = "state";
  private static final String WAITING = "m:";
  private static final String WAITING_END = "m;";
  private static final String TRIES = "r:";
  private static final String DEAD = "d:";
  private static final String DEAD_END = "d;";
  private static final int HEX_DIGITS = 16;
  private static final int ERASED_AT_ONCE = 100;

  private final String owner;

  /// @param last the highest number given to a message
  record State(long last, int waiting, long waitingBytes, int dead) {
    State sent(Letter letter) {
      return new State(letter.number(), waiting + 1, waitingBytes + letter.size(), dead);
    }

    State without(Letter letter) {
      return new State(last, waiting - 1, waitingBytes - letter.size(), dead);
    }

    State withDead(int more) {
      return new State(last, waiting, waitingBytes, dead + more);
    }
  }

  /// @param owner the address of the sender as text
  OutboxBooks(String owner) {
    this.owner = owner;
  }

  private record Owned(String owner, State state) {}

  State state(ObjectDatabase database) {
    Optional<Owned> stored = database.row(TABLE, STATE).map(OutboxBooks::owned);
    if (stored.isPresent() && !stored.get().owner().equals(owner)) {
      // A copy of another object's database: its messages are not ours to send.
      erase(database);
      return new State(0, 0, 0, 0);
    }
    return stored.map(Owned::state).orElse(new State(0, 0, 0, 0));
  }

  private static Owned owned(byte[] row) {
    return RowBytes.read(
        "an outbox",
        row,
        in ->
            new Owned(
                in.text(), new State(in.readLong(), in.readInt(), in.readLong(), in.readInt())));
  }

  void state(ObjectDatabase database, State state) {
    database.putRow(
        TABLE,
        STATE,
        RowBytes.written(out -> {
          out.text(owner);
          out.writeLong(state.last());
          out.writeInt(state.waiting());
          out.writeLong(state.waitingBytes());
          out.writeInt(state.dead());
        }));
  }

  private static void erase(ObjectDatabase database) {
    database.wake(Wake.MESSAGES, OptionalLong.empty());
    List<String> keys;
    do {
      keys =
          List.copyOf(
              database.rows(TABLE, range("", Optional.empty(), ERASED_AT_ONCE)).sequencedKeySet());
      keys.forEach(key -> database.deleteRow(TABLE, key));
    } while (!keys.isEmpty());
  }

  /// @param state before it
  void add(ObjectDatabase database, State state, String receiver, Letter letter) {
    state(database, state.sent(letter));
    database.putRow(TABLE, waiting(receiver, letter.number()), letter.toBytes());
  }

  /// Takes away messages that wait for a receiver.
  void remove(ObjectDatabase database, String receiver, List<Letter> letters) {
    if (!letters.isEmpty()) {
      State state = state(database);
      for (Letter letter : letters) {
        database.deleteRow(TABLE, waiting(receiver, letter.number()));
        state = state.without(letter);
      }
      state(database, state);
    }
  }

  /// The first messages that wait for a receiver.
  List<Letter> first(ObjectDatabase database, String receiver, int max) {
    List<Letter> letters = new ArrayList<>();
    String prefix = WAITING + receiver + ":";
    KeyRange range = range(prefix, Optional.of(WAITING + receiver + ";"), max);
    database
        .rows(TABLE, range)
        .forEach((key, row) -> letters.add(Letter.fromBytes(number(key), row)));
    return letters;
  }

  /// All receivers that messages wait for; costs a look at the index for each.
  List<String> receivers(ObjectDatabase database) {
    List<String> receivers = new ArrayList<>();
    String from = WAITING;
    while (true) {
      List<String> next =
          List.copyOf(
              database.rows(TABLE, range(from, Optional.of(WAITING_END), 1)).sequencedKeySet());
      if (next.isEmpty()) {
        return receivers;
      }
      String key = next.getFirst();
      String receiver = key.substring(WAITING.length(), key.length() - HEX_DIGITS - 1);
      receivers.add(receiver);
      from = WAITING + receiver + ";";
    }
  }

  Tries tries(ObjectDatabase database, String receiver) {
    return database.row(TABLE, TRIES + receiver).map(Tries::fromBytes).orElse(Tries.NONE);
  }

  void tries(ObjectDatabase database, String receiver, Tries tries) {
    if (tries.equals(Tries.NONE)) {
      database.deleteRow(TABLE, TRIES + receiver);
    } else {
      database.putRow(TABLE, TRIES + receiver, tries.toBytes());
    }
  }

  void bury(ObjectDatabase database, BuriedLetter buried) {
    database.putRow(TABLE, dead(buried.letter().number()), buried.toBytes());
    state(database, state(database).withDead(1));
  }

  List<BuriedLetter> buried(ObjectDatabase database, int max) {
    List<BuriedLetter> letters = new ArrayList<>();
    database
        .rows(TABLE, range(DEAD, Optional.of(DEAD_END), max))
        .forEach((key, row) -> letters.add(BuriedLetter.fromBytes(number(key), row)));
    return letters;
  }

  /// Takes a dead letter away.
  Optional<BuriedLetter> exhume(ObjectDatabase database, long number) {
    Optional<BuriedLetter> found =
        database.row(TABLE, dead(number)).map(row -> BuriedLetter.fromBytes(number, row));
    if (found.isPresent()) {
      database.deleteRow(TABLE, dead(number));
      state(database, state(database).withDead(-1));
    }
    return found;
  }

  private static KeyRange range(String start, Optional<String> end, int max) {
    return new KeyRange(start, end, KeyRange.Order.ASCENDING, OptionalInt.of(max));
  }

  private static String waiting(String receiver, long number) {
    return WAITING + receiver + ":" + hex(number);
  }

  private static String dead(long number) {
    return DEAD + hex(number);
  }

  private static String hex(long number) {
    return "%016x".formatted(number);
  }

  private static long number(String key) {
    return Long.parseLong(key, key.length() - HEX_DIGITS, key.length(), 16);
  }
}
