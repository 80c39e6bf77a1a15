package io.holdfast.cassandra.store;

import static io.holdfast.persistence.store.StoredFutures.joined;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Alarms: one row by time, `(region, slot, hour) due object`, one by object. The row by time is there before the event that
 * set the alarm is stored, and goes after the event that moved it. So after a crash there may be rows too many, and none is
 * missing; an object that is woken by such a row says so, and the row is forgotten.
 *
 * Who writes last wins in Cassandra by the timestamps of its writers, that is by clocks. Here no clock decides: a row is
 * written with the number of the commit that set it, counted on from the epoch of the object's writer (see `stamp`). What
 * another writer of the object, that does not know yet that it is none any more, does to the rows is below what its successor
 * wrote, whenever it arrives; a successor first writes the alarm it has found.
 *
 * Hours: a partition of past alarms is full of tombstones. The hours that have alarms are listed, and one that has had none
 * for two days is not any more. An alarm for more than a day ago is filed under the hour a day before now, so that no hour
 * comes back. By a clock that is ahead it may be filed later than it is due, so that has to be more than clocks are wrong by.
 */
/// Which objects there are and which alarms are due, in the tables of one keyspace. Thread-safe.
final class IndexTable {
  private static final Logger log = LoggerFactory.getLogger(IndexTable.class);
  private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final long HOURS_LISTED = 48;
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final int BUCKETS = 16;
  private static final int ALL = Integer.MAX_VALUE;
  private static final int EPOCH_SHIFT = 36;
  private static final String ID_PREFIX = "object|";

  private final Cql cql;
  private final String region;
  private final PreparedStatement insertObject;
  private final PreparedStatement namespaces;
  private final PreparedStatement objects;
  private final PreparedStatement insertAlarm;
  private final PreparedStatement deleteAlarm;
  private final PreparedStatement due;
  private final PreparedStatement next;
  private final PreparedStatement insertHour;
  private final PreparedStatement hoursTo;
  private final PreparedStatement hoursFrom;
  private final PreparedStatement deleteHour;
  private final PreparedStatement insertOf;
  private final PreparedStatement deleteOf;
  private final PreparedStatement alarmOf;

  /// @param region of which alarms are written and looked at
  IndexTable(Cql cql, String region) {
    this.cql = cql;
    this.region = region;
    this.insertObject =
        cql.prepare("INSERT INTO %s.objects (namespace, bucket, id) VALUES (?, ?, ?)");
    this.namespaces = cql.prepare("SELECT DISTINCT namespace, bucket FROM %s.objects");
    this.objects =
        cql.prepare(
            "SELECT id FROM %s.objects WHERE namespace = ? AND bucket = ? AND id > ? LIMIT ?");
    this.insertAlarm =
        cql.prepare(
            """
            INSERT INTO %s.alarms (region, slot, hour, due, object, stamp)
            VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?\
            """);
    this.deleteAlarm =
        cql.prepare(
            """
            DELETE FROM %s.alarms USING TIMESTAMP ?
            WHERE region = ? AND slot = ? AND hour = ? AND due = ? AND object = ?\
            """);
    this.due =
        cql.prepare(
            """
            SELECT due, object, stamp FROM %s.alarms
            WHERE region = ? AND slot = ? AND hour = ? AND (due, object) > (?, ?) AND (due) <= (?)
            LIMIT ?\
            """);
    this.next =
        cql.prepare(
            """
            SELECT due FROM %s.alarms
            WHERE region = ? AND slot = ? AND hour = ? AND due > ? LIMIT 1\
            """);
    this.insertHour =
        cql.prepare("INSERT INTO %s.alarm_hours (region, slot, hour) VALUES (?, ?, ?)");
    this.hoursTo =
        cql.prepare("SELECT hour FROM %s.alarm_hours WHERE region = ? AND slot = ? AND hour <= ?");
    this.hoursFrom =
        cql.prepare("SELECT hour FROM %s.alarm_hours WHERE region = ? AND slot = ? AND hour >= ?");
    this.deleteHour =
        cql.prepare("DELETE FROM %s.alarm_hours WHERE region = ? AND slot = ? AND hour = ?");
    this.insertOf =
        cql.prepare("INSERT INTO %s.object_alarms (object, due) VALUES (?, ?) USING TIMESTAMP ?");
    this.deleteOf = cql.prepare("DELETE FROM %s.object_alarms USING TIMESTAMP ? WHERE object = ?");
    this.alarmOf = cql.prepare("SELECT due FROM %s.object_alarms WHERE object = ?");
  }

  // ---- beside the events
  // --------------------------------------------------------------------------------------

  /// See [io.holdfast.persistence.store.EventIndex#beforeEvent].
  CompletionStage<Void> beforeEvent(String objectKey, long sequenceNr, PageDelta event) {
    CompletableFuture<?> known = sequenceNr == 1 ? insertObject(objectKey) : null;
    CompletableFuture<?> alarm =
        event.alarmChange() instanceof AlarmChange.Set set
            ? insert(
                objectKey, set.atMillis(), stamp(event.header().epoch(), event.header().txSeq()))
            : null;
    if (known == null && alarm == null) {
      return DONE;
    }
    return CompletableFuture.allOf(
        Stream.of(known, alarm).filter(each -> each != null).toArray(CompletableFuture[]::new));
  }

  /// An object is there from now on.
  CompletableFuture<?> insertObject(String objectKey) {
    int slash = objectKey.indexOf('/');
    String id = objectKey.substring(slash + 1);
    return cql.executeAsync(insertObject.bind(objectKey.substring(0, slash), bucket(id), id));
  }

  /// An alarm that was copied from elsewhere: whatever a writer of the object says counts more.
  CompletableFuture<?> restored(String objectKey, long atMillis) {
    return insert(objectKey, atMillis, stamp(0, 0));
  }

  private static int bucket(String id) {
    return Character.digit(id.charAt(id.length() - 1), BUCKETS);
  }

  private CompletableFuture<?> insert(String objectKey, long atMillis, long stamp) {
    int slot = CassandraIndex.slot(objectKey);
    long filed = filed(atMillis);
    long hour = hour(filed);
    return CompletableFuture.allOf(
        cql.executeAsync(insertHour.bind(region, slot, hour)),
        cql.executeAsync(insertAlarm.bind(region, slot, hour, filed, objectKey, stamp, stamp)),
        cql.executeAsync(insertOf.bind(objectKey, atMillis, stamp)));
  }

  private static long filed(long atMillis) {
    return Math.max(atMillis, System.currentTimeMillis() - DAY);
  }

  private static long hour(long millis) {
    return millis / HOUR;
  }

  /** Odd; what is removed at the same commit, one below. */
  private static long stamp(long epoch, long txSeq) {
    return (epoch << EPOCH_SHIFT) + (txSeq << 1) + 1;
  }

  /// See [io.holdfast.persistence.store.EventIndex#afterEvent].
  void afterEvent(
      String objectKey, OptionalLong previousAlarm, PageDelta event, AlarmChange change) {
    long below = stamp(event.header().epoch(), event.header().txSeq()) - 1;
    OptionalLong next =
        change instanceof AlarmChange.Set set
            ? OptionalLong.of(set.atMillis())
            : OptionalLong.empty();
    if (previousAlarm.isPresent() && !previousAlarm.equals(next)) {
      inBackground(objectKey, delete(objectKey, previousAlarm.getAsLong(), below));
    }
    if (next.isEmpty()) {
      inBackground(objectKey, cql.executeAsync(deleteOf.bind(below + 1, objectKey)));
    }
  }

  private CompletableFuture<?> delete(String objectKey, long filed, long stamp) {
    return cql.executeAsync(
        deleteAlarm.bind(
            stamp, region, CassandraIndex.slot(objectKey), hour(filed), filed, objectKey));
  }

  /// A row too many does no harm.
  static void inBackground(String objectKey, CompletableFuture<?> write) {
    write.whenComplete((_, failure) -> {
      if (failure != null) {
        log.debug("{}: a row of the alarm index stays for now", objectKey, failure);
      }
    });
  }

  /// An object that comes from another region has an alarm of which nobody here knows.
  CompletableFuture<?> recovered(String objectKey, long epoch, long alarm) {
    return insert(objectKey, alarm, stamp(epoch, 0));
  }

  // ---- which alarms are due
  // -----------------------------------------------------------------------------------

  /// Those of a slot after a given one whose time is `millis` or earlier; more than `max` only when
  /// they are of several hours.
  CompletableFuture<List<DueAlarm>> dueAfter(int slot, DueAlarm after, long millis, int max) {
    return all(cql.executeAsync(hoursTo.bind(region, slot, hour(millis))))
        .thenCompose(rows -> {
          List<CompletableFuture<List<DueAlarm>>> hours = new ArrayList<>();
          for (Row row : rows) {
            long hour = row.getLong(0);
            if (hour >= hour(after.atMillis())) {
              hours.add(dueOf(slot, hour, after, millis, max));
            }
          }
          return CompletableFuture.allOf(hours.toArray(CompletableFuture[]::new))
              .thenApply(_ -> hours.stream().flatMap(hour -> hour.join().stream()).toList());
        });
  }

  private CompletableFuture<List<DueAlarm>> dueOf(
      int slot, long hour, DueAlarm after, long millis, int max) {
    return all(cql.executeAsync(
            due.bind(region, slot, hour, after.atMillis(), after.objectKey(), millis, max)))
        .thenApply(rows -> {
          if (rows.isEmpty() && after.equals(DueAlarm.NONE) && isOver(hour)) {
            inBackground("hour " + hour, cql.executeAsync(deleteHour.bind(region, slot, hour)));
          }
          return rows.stream().map(IndexTable::dueAlarm).toList();
        });
  }

  private static boolean isOver(long hour) {
    return hour < hour(System.currentTimeMillis()) - HOURS_LISTED;
  }

  private static CompletableFuture<List<Row>> all(CompletableFuture<AsyncResultSet> rows) {
    return rows.thenCompose(first -> all(first, new ArrayList<>()));
  }

  private static CompletableFuture<List<Row>> all(AsyncResultSet page, List<Row> before) {
    page.currentPage().forEach(before::add);
    return page.hasMorePages()
        ? page.fetchNextPage().toCompletableFuture().thenCompose(next -> all(next, before))
        : CompletableFuture.completedFuture(before);
  }

  /// Tells of each alarm of another region in a slot. Blocks.
  void eachAlarm(String ofRegion, int slot, Consumer<DueAlarm> alarm) {
    for (Row hour : cql.execute(hoursFrom.bind(ofRegion, slot, 0L))) {
      cql.execute(
              due.bind(ofRegion, slot, hour.getLong(0), Long.MIN_VALUE, "", Long.MAX_VALUE, ALL))
          .forEach(row -> alarm.accept(dueAlarm(row)));
    }
  }

  private static DueAlarm dueAlarm(Row row) {
    return new DueAlarm(
        String.valueOf(row.getString("object")), row.getLong("due"), row.getLong("stamp"));
  }

  /// The time of the next one of a slot that is later than `millis`.
  CompletableFuture<OptionalLong> earliestAfter(int slot, long millis) {
    return all(cql.executeAsync(hoursFrom.bind(region, slot, hour(millis))))
        .thenCompose(
            hours -> earliestOf(slot, hours.stream().map(row -> row.getLong(0)).toList(), millis));
  }

  private CompletableFuture<OptionalLong> earliestOf(int slot, List<Long> hours, long millis) {
    if (hours.isEmpty()) {
      return CompletableFuture.completedFuture(OptionalLong.empty());
    }
    return cql.executeAsync(next.bind(region, slot, hours.getFirst(), millis))
        .thenCompose(rows -> {
          Row row = rows.one();
          return row == null
              ? earliestOf(slot, hours.subList(1, hours.size()), millis)
              : CompletableFuture.completedFuture(OptionalLong.of(row.getLong(0)));
        });
  }

  /// See [io.holdfast.protocol.event.AlarmIndex#alarmOf]. Blocks.
  OptionalLong alarmOf(String objectKey) {
    Row row = cql.execute(alarmOf.bind(objectKey)).one();
    return row == null ? OptionalLong.empty() : OptionalLong.of(row.getLong(0));
  }

  /// Removes a row as it was read. Blocks.
  void forget(DueAlarm alarm) {
    var _ = joined(delete(alarm.objectKey(), alarm.atMillis(), alarm.stamp()));
  }

  // ---- which objects there are
  // --------------------------------------------------------------------------------

  /// See [io.holdfast.persistence.store.StoredRows#ids(String, int, Optional, int)].
  List<String> ids(String prefix, int moreChars, Optional<String> after, int max) {
    int slash = prefix.indexOf('/');
    if (!prefix.startsWith(ID_PREFIX) || slash < 0) {
      return List.of();
    }
    String namespace = prefix.substring(ID_PREFIX.length(), slash);
    String from = after.map(id -> id.substring(id.indexOf('/') + 1)).orElse("");
    TreeSet<String> found = new TreeSet<>();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      cql.execute(objects.bind(namespace, bucket, from, max))
          .forEach(row -> found.add(String.valueOf(row.getString(0))));
    }
    String start = prefix.substring(slash + 1);
    return found.stream()
        .filter(id -> id.startsWith(start) && id.length() == start.length() + moreChars)
        .limit(max)
        .map(id -> ID_PREFIX + namespace + "/" + id)
        .toList();
  }

  /// See [io.holdfast.persistence.store.StoredRows#ids(Optional, int)].
  List<String> ids(Optional<String> after, int max) {
    TreeSet<String> all = new TreeSet<>();
    cql.execute(namespaces.bind()).forEach(row -> all.add(String.valueOf(row.getString(0))));
    String afterNamespace =
        after.map(id -> id.substring(ID_PREFIX.length(), id.indexOf('/'))).orElse("");
    List<String> found = new ArrayList<>();
    for (String namespace : all.tailSet(afterNamespace)) {
      if (found.size() < max) {
        Optional<String> from = namespace.equals(afterNamespace) ? after : Optional.<String>empty();
        found.addAll(ids(ID_PREFIX + namespace + "/", 64, from, max - found.size()));
      }
    }
    return found;
  }
}
