package io.holdfast.persistence.database;

import io.holdfast.persistence.database.StorageHost.Confirmation;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ListOptions;
import io.holdfast.sdk.SqlStorage;
import io.holdfast.sdk.Storage;
import io.holdfast.sdk.StorageOption;
import io.holdfast.sdk.TypeRef;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// [Storage] over an [ObjectDatabase]: values as CBOR, transactions as savepoints, the rules of
/// alarms.
public final class DatabaseStorage implements Storage {
  private final StorageHost host;
  private final Transactions transactions;
  private final AlarmSlot alarm;
  private final DatabaseSqlStorage sql;
  private final Set<StorageOption> options;

  public DatabaseStorage(StorageHost host) {
    this.host = host;
    this.transactions = new Transactions(host);
    this.alarm = new AlarmSlot(host);
    this.sql = new DatabaseSqlStorage(host, transactions);
    this.options = Set.of();
  }

  /** A view of another one. */
  private DatabaseStorage(DatabaseStorage whole, Set<StorageOption> options) {
    this.host = whole.host;
    this.transactions = whole.transactions;
    this.alarm = whole.alarm;
    this.sql = whole.sql;
    this.options = options;
  }

  @Override
  public Storage with(StorageOption... wanted) {
    return new DatabaseStorage(this, Set.of(wanted));
  }

  private ObjectDatabase database() {
    if (options.contains(StorageOption.ALLOW_CONCURRENCY)) {
      host.openConcurrently();
    }
    return host.database();
  }

  private Confirmation confirmation() {
    return options.contains(StorageOption.ALLOW_UNCONFIRMED)
        ? Confirmation.NOT_AWAITED
        : Confirmation.AWAITED;
  }

  @Override
  public <T> Optional<T> get(String key, Class<T> type) {
    return value(key, type);
  }

  @Override
  public <T> Optional<T> get(String key, TypeRef<T> type) {
    return value(key, type.type());
  }

  private <T> Optional<T> value(String key, Type type) {
    Optional<byte[]> stored = database().get(Keys.checked(key));
    host.rows(1, 0);
    return stored.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(decoded(key, stored.get(), type));
  }

  @Override
  public <T> SequencedMap<String, T> get(Collection<String> keys, Class<T> type) {
    TreeSet<String> sorted = new TreeSet<>(Keys.ORDER);
    sorted.addAll(keys);
    SequencedMap<String, T> values = new LinkedHashMap<>();
    sorted.forEach(key -> get(key, type).ifPresent(value -> values.put(key, value)));
    return values;
  }

  @Override
  public void put(String key, Object value) {
    byte[] encoded = encoded(Keys.checked(key), value);
    write(database -> database.put(key, encoded));
    host.rows(0, 1);
  }

  @Override
  public void put(Map<String, ?> entries) {
    Map<String, byte[]> encoded = new LinkedHashMap<>();
    entries.forEach((key, value) -> encoded.put(Keys.checked(key), encoded(key, value)));
    write(database -> encoded.forEach(database::put));
    host.rows(0, encoded.size());
  }

  @Override
  public boolean delete(String key) {
    Keys.checked(key);
    transactions.checkWritable();
    database();
    boolean existed = StorageWrite.run(host, confirmation(), database -> database.delete(key));
    host.rows(0, 1);
    return existed;
  }

  @Override
  public int delete(Collection<String> keys) {
    int existed = 0;
    for (String key : keys) {
      existed += delete(key) ? 1 : 0;
    }
    return existed;
  }

  @Override
  public <T> SequencedMap<String, T> list(Class<T> type, ListOptions options) {
    options.start().ifPresent(Keys::checked);
    options.startAfter().ifPresent(Keys::checked);
    options.end().ifPresent(Keys::checked);
    options.prefix().ifPresent(Keys::checked);
    SequencedMap<String, T> values = new LinkedHashMap<>();
    for (var pair : database().list(KeyRange.of(options)).entrySet()) {
      T value = decoded(pair.getKey(), pair.getValue(), type);
      if (value != null) {
        values.put(pair.getKey(), value);
      }
    }
    host.rows(values.size(), 0);
    return values;
  }

  @Override
  public void deleteAll() {
    write(ObjectDatabase::deleteAll);
    host.rows(0, 1);
  }

  @Override
  public <T> T transaction(TransactionBody<T> body) throws Exception {
    return transactions.run(body);
  }

  @Override
  public SqlStorage sql() {
    return sql;
  }

  @Override
  public Optional<Instant> alarm() {
    database();
    return alarm.visible();
  }

  @Override
  public void setAlarm(Instant time) {
    transactions.checkWritable();
    database();
    alarm.set(time, confirmation());
    host.rows(0, 1);
  }

  @Override
  public void deleteAlarm() {
    transactions.checkWritable();
    database();
    alarm.delete(confirmation());
    host.rows(0, 1);
  }

  @Override
  public void sync() {
    host.awaitDurable();
  }

  @Override
  public String currentBookmark() {
    return host.history().currentBookmark();
  }

  @Override
  public String bookmarkForTime(Instant time) {
    return host.history().bookmarkForTime(time);
  }

  @Override
  public String onNextSessionRestoreBookmark(String bookmark) {
    transactions.checkWritable();
    return host.history().onNextSessionRestoreBookmark(bookmark);
  }

  /// The alarm as it is stored, for the runtime: also while it runs.
  public Optional<Instant> storedAlarm() {
    return alarm.stored();
  }

  /// Tells that alarm() is about to run. From now to [#endAlarmRun] the app sees no alarm unless it
  /// sets one; the stored one stays, so that a crash in between runs it again.
  ///
  /// @return the generation of the alarm, which tells it from one that is set later
  /// @throws HoldfastException `wrong_state` when the stored alarm is not the one of that time
  public long beginAlarmRun(Instant scheduled) {
    return alarm.beginRun(scheduled);
  }

  /// Removes the alarm of that generation, which is not to run again; one that was set since stays.
  public void abandonAlarm(long generation) {
    alarm.abandon(generation);
  }

  /// Tells that alarm() has ended.
  ///
  /// @param done whether the alarm needs no other run: it succeeded, or failed for the last time.
  ///   Then it is removed, unless the app has set one anew; that one stays in any case.
  public void endAlarmRun(boolean done) {
    alarm.endRun(done);
  }

  /// What the runtime keeps with the object.
  public Optional<byte[]> metadata(String key) {
    return host.database().metadata(key);
  }

  public void metadata(String key, byte[] value) {
    write(database -> database.metadata(key, value));
  }

  /// A write of the runtime on behalf of the app: refused like one of the app in a transaction that
  /// was rolled back, and undone with the transaction that is open.
  public <T> T runtimeWrite(Function<ObjectDatabase, T> change) {
    transactions.checkWritable();
    return StorageWrite.run(host, change);
  }

  private void write(Consumer<ObjectDatabase> change) {
    transactions.checkWritable();
    database();
    StorageWrite.run(
        host,
        confirmation(),
        database -> {
          change.accept(database);
          return database;
        });
  }

  private byte[] encoded(String key, @Nullable Object value) {
    if (value == null) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "put() called with null value for key \"" + excerpt(key) + "\".");
    }
    byte[] bytes = host.codec().toCbor(value);
    int length = Keys.utf8Length(key) + bytes.length;
    if (length > DatabaseLimits.VALUE_BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected key and value of at most "
              + DatabaseLimits.VALUE_BYTES_MAX
              + " bytes together, found "
              + length
              + " bytes for key \""
              + excerpt(key)
              + '"');
    }
    return bytes;
  }

  private <T> @Nullable T decoded(String key, byte[] bytes, Type type) {
    try {
      return host.codec().fromCbor(bytes, type);
    } catch (HoldfastException e) {
      throw new HoldfastException(
          e.code(), "value of key \"" + excerpt(key) + "\": " + e.getMessage(), e);
    }
  }

  private static String excerpt(String key) {
    return key.length() <= 100 ? key : key.substring(0, 100) + "…";
  }
}
