package io.holdfast.node.object;

import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.persistence.database.Wake;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectResetError;
import io.holdfast.sdk.Schedule;
import io.holdfast.sdk.Schedules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * One row of RuntimeTable.SCHEDULES per call, whose key begins with its time, so that the first row is the next one due:
 *
 *   at/<time in milliseconds, 16 hex digits>-<random>   ->   how often it was begun, method, arguments
 *   wake                                                ->   see Wake.SCHEDULES: the time of the first row, or of the
 *                                                            next look while calls are under way
 *
 * Woken, the object counts a try of each call that is due, in a commit before it: so a call that resets its object every
 * time is given up. The call is an event; that removes the row and does what the method does in one commit.
 */
/// The calls of its own methods that an object has put off. Turn.
final class ObjectSchedules implements Schedules {
  private static final Logger log = LoggerFactory.getLogger(ObjectSchedules.class);
  private static final String PREFIX = "at/";
  private static final int TRIES_MAX = 3;

  private final Incarnation incarnation;

  /** So long after calls were begun the object is woken again, should it have died with them. */
  private final Duration lookAgain;

  /** Calls whose event is queued in this life. */
  private final Set<String> queued = new HashSet<>();

  /** A row. */
  private record Entry(int tries, String method, byte[] arguments) {
    byte[] encode() {
      return RowBytes.written(out -> {
        out.writeInt(tries);
        out.text(method);
        out.bytes(arguments);
      });
    }

    static Entry decode(byte[] row) {
      return RowBytes.read("a schedule", row, in -> new Entry(in.readInt(), in.text(), in.bytes()));
    }

    Entry begun() {
      return new Entry(tries + 1, method, arguments);
    }
  }

  ObjectSchedules(Incarnation incarnation) {
    this.incarnation = incarnation;
    this.lookAgain = incarnation.services().settings().messages().wakeAfter();
  }

  // ---- for the object's code
  // -----------------------------------------------------------------------------

  @Override
  public Schedule at(Instant time, String method, @Nullable Object... arguments) {
    if (!incarnation.hasMethod(method)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected the name of a public method of the object's class, found '" + method + "'");
    }
    RpcCall call = incarnation.codec().encodeCall(method, RpcCall.Encoding.CBOR, arguments);
    int size = call.arguments().length;
    if (!call.streams().isEmpty() || size > ARGUMENTS_BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected arguments of at most %d bytes and no streams for a later call of %s, found %s"
              .formatted(
                  ARGUMENTS_BYTES_MAX,
                  method,
                  call.streams().isEmpty() ? size + " bytes" : "a stream"));
    }
    long millis = Math.max(0, time.toEpochMilli());
    String id =
        HexFormat.of().toHexDigits(millis)
            + "-"
            + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    write(database -> {
      database.putRow(
          RuntimeTable.SCHEDULES, PREFIX + id, new Entry(0, method, call.arguments()).encode());
      if (database.wake(Wake.SCHEDULES).orElse(Long.MAX_VALUE) > millis) {
        database.wake(Wake.SCHEDULES, OptionalLong.of(millis));
      }
      return true;
    });
    return new Schedule(id, method, Instant.ofEpochMilli(millis));
  }

  @Override
  public Schedule after(Duration delay, String method, @Nullable Object... arguments) {
    return at(incarnation.services().clock().instant().plus(delay), method, arguments);
  }

  @Override
  public Optional<Schedule> get(String id) {
    return incarnation
        .database()
        .row(RuntimeTable.SCHEDULES, PREFIX + id)
        .map(row -> schedule(id, Entry.decode(row)));
  }

  @Override
  public List<Schedule> list() {
    List<Schedule> all = new ArrayList<>();
    forEach(incarnation.database(), (id, entry) -> all.add(schedule(id, entry)));
    return all;
  }

  @Override
  public boolean cancel(String id) {
    return get(id).isPresent() && write(database -> remove(database, id));
  }

  @Override
  public int cancelAll(String method) {
    List<Schedule> called = list().stream().filter(each -> each.method().equals(method)).toList();
    if (!called.isEmpty()) {
      write(database -> {
        called.forEach(each -> remove(database, each.id()));
        return true;
      });
    }
    return called.size();
  }

  private boolean write(Predicate<ObjectDatabase> change) {
    return incarnation.storage().runtimeWrite(change::test);
  }

  private static Schedule schedule(String id, Entry entry) {
    return new Schedule(id, entry.method(), Instant.ofEpochMilli(millis(id)));
  }

  private static long millis(String id) {
    return HexFormat.fromHexDigitsToLong(id, 0, 16);
  }

  private static boolean remove(ObjectDatabase database, String id) {
    database.deleteRow(RuntimeTable.SCHEDULES, PREFIX + id);
    if (first(database).isEmpty()) {
      database.wake(Wake.SCHEDULES, OptionalLong.empty());
    }
    return true;
  }

  // ---- when their time has come
  // ---------------------------------------------------------------------------------

  /// The index of alarms has woken the object, perhaps for these.
  void woken() {
    long now = incarnation.services().clock().millis();
    if (incarnation.database().wake(Wake.SCHEDULES).orElse(Long.MAX_VALUE) > now) {
      return;
    }
    ObjectDatabase database = incarnation.books();
    List<String> due = new ArrayList<>();
    List<String> givenUp = new ArrayList<>();
    forEach(
        database,
        (id, entry) -> {
          if (millis(id) <= now && !queued.contains(id)) {
            (entry.tries() < TRIES_MAX ? due : givenUp).add(id);
          }
        });
    for (String id : givenUp) {
      log.error(
          "{}: the scheduled call {} has reset the object {} times and is given up",
          incarnation.address(),
          get(id).orElseThrow(),
          TRIES_MAX);
      remove(database, id);
    }
    for (String id : due) {
      Entry begun =
          Entry.decode(database.row(RuntimeTable.SCHEDULES, PREFIX + id).orElseThrow()).begun();
      database.putRow(RuntimeTable.SCHEDULES, PREFIX + id, begun.encode());
      queued.add(id);
    }
    wakeNext(database, now);
    if (!due.isEmpty()) {
      // Not before the tries are counted for good: a reset takes what is not durable.
      var _ =
          incarnation
              .whenDurable()
              .thenRun(() -> due.forEach(id -> incarnation.submitOwn(new Due(id))));
    }
  }

  /** At the first of those that are not under way, and not too late for those that are. */
  private void wakeNext(ObjectDatabase database, long now) {
    long[] next = {queued.isEmpty() ? Long.MAX_VALUE : now + lookAgain.toMillis()};
    forEach(
        database,
        (id, _) -> {
          if (!queued.contains(id)) {
            next[0] = Math.min(next[0], millis(id));
          }
        });
    database.wake(
        Wake.SCHEDULES,
        next[0] == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(next[0]));
  }

  /** One call. When its life ends before it was committed, it is begun again in the next. */
  private record Due(String id) implements ObjectEvent.Work {
    @Override
    public OutputGate.Effect run(DurableObject instance, Incarnation incarnation) {
      incarnation.schedules().call(id, instance);
      return ObjectEvent.NOTHING;
    }

    @Override
    public OutputGate.Effect failed(HoldfastException error) {
      log.debug("a scheduled call was not carried out, it is begun again later", error);
      return ObjectEvent.NOTHING;
    }
  }

  private void call(String id, DurableObject instance) {
    if (!queued.remove(id)) {
      return; // Left over from the life before: this one counts its own tries.
    }
    ObjectDatabase database = incarnation.books();
    Optional<byte[]> row = database.row(RuntimeTable.SCHEDULES, PREFIX + id);
    if (row.isEmpty()) {
      return; // Called off meanwhile.
    }
    Entry entry = Entry.decode(row.get());
    incarnation.usage().request();
    database.deleteRow(RuntimeTable.SCHEDULES, PREFIX + id);
    wakeNext(database, incarnation.services().clock().millis());
    try {
      RpcCall call = new RpcCall(entry.method(), RpcCall.Encoding.CBOR, entry.arguments());
      var _ = ObjectEvent.Invoke.result(instance, incarnation, call);
    } catch (ObjectResetError e) {
      throw e;
    } catch (Exception e) {
      log.warn("{}: the scheduled call of {} failed", incarnation.address(), entry.method(), e);
    }
  }

  private static OptionalLong first(ObjectDatabase database) {
    KeyRange range =
        new KeyRange(
            PREFIX, Optional.of(PREFIX + "~"), KeyRange.Order.ASCENDING, OptionalInt.of(1));
    SequencedMap<String, byte[]> rows = database.rows(RuntimeTable.SCHEDULES, range);
    return rows.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(millis(rows.firstEntry().getKey().substring(PREFIX.length())));
  }

  @FunctionalInterface
  private interface Visitor {
    void entry(String id, Entry entry);
  }

  private static void forEach(ObjectDatabase database, Visitor visitor) {
    database.visitRows(
        RuntimeTable.SCHEDULES,
        PREFIX,
        (key, row) -> visitor.entry(key.substring(PREFIX.length()), Entry.decode(row)));
  }
}
