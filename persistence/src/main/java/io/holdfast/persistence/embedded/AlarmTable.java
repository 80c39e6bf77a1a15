package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The alarm index as two kinds of rows: `T time object` finds what is due, `O object -> time`
/// finds the row to replace.
///
/// Both are written in the batch of the event that set the alarm. The staging half belongs to the
/// writer thread.
final class AlarmTable implements AlarmIndex {
  private static final Logger LOG = LoggerFactory.getLogger(AlarmTable.class);
  private static final byte BY_TIME = 'T';
  private static final byte BY_OBJECT = 'O';
  private static final byte[] BY_TIME_END = {BY_TIME + 1};
  private static final byte[] NO_VALUE = {};
  private static final long NONE = -1;

  private final TableGate gate;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /* Writer thread only: what the open group changes, which the tables do not show yet. */
  private final Map<String, Long> staged = new HashMap<>();
  private final List<AlarmChange.Set> stagedSets = new ArrayList<>();

  /*
   * No alarm is earlier than this. Alarms that rang leave deleted rows at the front of the index, which a scan from the
   * beginning would walk over until they are compacted away. `lowered` tells a scan that the front moved meanwhile; it
   * moves when the row is visible and before any listener hears of it.
   */
  private long front;
  private long lowered;

  AlarmTable(TableGate gate) {
    this.gate = gate;
  }

  @Override
  public List<DueAlarm> dueAfter(DueAlarm after, long millis, int max) {
    long before = lowered();
    boolean fromFront = after.atMillis() <= front();
    byte[] first =
        byTime(fromFront ? front() : after.atMillis(), fromFront ? "" : after.objectKey());
    List<DueAlarm> due = from(first, rows -> due(rows, after, millis, max));
    if (fromFront && after.equals(DueAlarm.NONE)) {
      raise(due.isEmpty() ? millis : due.getFirst().atMillis(), before);
    }
    return due;
  }

  private static List<DueAlarm> due(RocksIterator rows, DueAlarm after, long millis, int max) {
    List<DueAlarm> due = new ArrayList<>();
    while (rows.isValid() && due.size() < max && time(rows.key()) <= millis) {
      DueAlarm alarm = new DueAlarm(objectKey(rows.key()), time(rows.key()));
      if (!alarm.equals(after)) {
        due.add(alarm);
      }
      rows.next();
    }
    return due;
  }

  @Override
  public OptionalLong earliestAfter(long millis) {
    return from(
        byTime(Math.max(front(), millis + 1), ""),
        rows -> rows.isValid() ? OptionalLong.of(time(rows.key())) : OptionalLong.empty());
  }

  @Override
  public OptionalLong alarmOf(String objectKey) {
    long millis = gate.read(tables -> stored(tables, byObject(objectKey)));
    return millis == NONE ? OptionalLong.empty() : OptionalLong.of(millis);
  }

  @Override
  public Subscription onSet(Listener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /// Adds the rows of a change to the batch.
  void stage(AlarmChange change, WriteBatch batch, Tables tables) throws RocksDBException {
    String objectKey = change.objectKey();
    byte[] object = byObject(objectKey);
    Long unsaved = staged.get(objectKey);
    long previous = unsaved == null ? stored(tables, object) : unsaved;
    long next = next(change);
    if (previous != NONE && previous != next) {
      batch.delete(tables.alarms(), byTime(previous, objectKey));
    }
    if (next == NONE) {
      batch.delete(tables.alarms(), object);
    } else {
      batch.put(tables.alarms(), byTime(next, objectKey), NO_VALUE);
      batch.put(tables.alarms(), object, ByteBuffer.allocate(Long.BYTES).putLong(next).array());
    }
    staged.put(objectKey, next);
  }

  /// The group is durable: its alarms count.
  void committed() {
    if (staged.isEmpty()) {
      return;
    }
    stagedSets.forEach(set -> lower(set.atMillis()));
    stagedSets.forEach(this::tell);
    discard();
  }

  /// The group failed; whether its alarms are there is known after the next open.
  void discard() {
    staged.clear();
    stagedSets.clear();
  }

  /// The tables were opened anew: alarms of a failed group may have come with them.
  void reopened() {
    lower(0);
    dueBy(Long.MAX_VALUE, 1)
        .forEach(alarm -> tell(new AlarmChange.Set(alarm.objectKey(), alarm.atMillis())));
  }

  private void tell(AlarmChange.Set set) {
    for (Listener listener : listeners) {
      try {
        listener.alarmSet(set.objectKey(), set.atMillis());
      } catch (RuntimeException e) {
        LOG.error("journal: a listener could not be told of the alarm of {}", set.objectKey(), e);
      }
    }
  }

  private long next(AlarmChange change) {
    return switch (change) {
      case AlarmChange.Set set -> {
        stagedSets.add(set);
        yield set.atMillis();
      }
      case AlarmChange.Cleared _ -> NONE;
    };
  }

  /// When the alarm of an object is due.
  static OptionalLong of(Tables tables, String objectKey) throws RocksDBException {
    long stored = stored(tables, byObject(objectKey));
    return stored == NONE ? OptionalLong.empty() : OptionalLong.of(stored);
  }

  private static long stored(Tables tables, byte[] object) throws RocksDBException {
    byte[] value = tables.get(tables.alarms(), object);
    return value == null ? NONE : ByteBuffer.wrap(value).getLong();
  }

  private <T> T from(byte[] start, Tables.Scan<T> scan) {
    return gate.read(tables ->
        tables.scan(
            tables.alarms(),
            start,
            BY_TIME_END,
            rows -> {
              rows.seekToFirst();
              return scan.over(rows);
            }));
  }

  private synchronized long front() {
    return front;
  }

  private synchronized long lowered() {
    return lowered;
  }

  private synchronized void lower(long millis) {
    front = Math.min(front, millis);
    lowered++;
  }

  private synchronized void raise(long millis, long unlessLoweredSince) {
    if (lowered == unlessLoweredSince) {
      front = millis;
    }
  }

  private static byte[] byTime(long millis, String objectKey) {
    byte[] object = objectKey.getBytes(UTF_8);
    return ByteBuffer.allocate(1 + Long.BYTES + object.length)
        .put(BY_TIME)
        .putLong(millis)
        .put(object)
        .array();
  }

  private static byte[] byObject(String objectKey) {
    byte[] object = objectKey.getBytes(UTF_8);
    return ByteBuffer.allocate(1 + object.length).put(BY_OBJECT).put(object).array();
  }

  private static long time(byte[] key) {
    return ByteBuffer.wrap(key).getLong(1);
  }

  private static String objectKey(byte[] key) {
    int start = 1 + Long.BYTES;
    return new String(key, start, key.length - start, UTF_8);
  }
}
