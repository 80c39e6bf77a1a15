package io.holdfast.sdk;

import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// The durable state of one object: key-value pairs, a SQL database and one alarm, committed
/// together.
///
/// All calls are quick and in-process. Writes made without waiting for anything in between are one
/// atomic commit. Nothing the object sends leaves before the writes made before it are durable; if
/// they cannot be made durable the object is reset and all it wanted to send becomes an error.
///
/// Values are kept as CBOR: strings, booleans, numbers, byte arrays, [Instant], lists, maps,
/// records; never `null`.
///
/// Thread rule: only on the threads that run the object's events; elsewhere `wrong_state`.
public interface Storage {
  /// The value of a key, or empty.
  <T> Optional<T> get(String key, Class<T> type);

  <T> Optional<T> get(String key, TypeRef<T> type);

  /// The values of those keys that exist, in UTF-8 order of the keys.
  <T> SequencedMap<String, T> get(Collection<String> keys, Class<T> type);

  /// Sets a value.
  ///
  /// @throws HoldfastException `invalid_argument` when the value is null or has no stored form, or
  ///   when key and value together are over 2 MiB
  void put(String key, Object value);

  void put(Map<String, ?> entries);

  /// Removes a key; true when it existed.
  boolean delete(String key);

  /// Removes keys; how many existed.
  int delete(Collection<String> keys);

  /// The pairs in UTF-8 order of their keys.
  <T> SequencedMap<String, T> list(Class<T> type, ListOptions options);

  default <T> SequencedMap<String, T> list(Class<T> type) {
    return list(type, ListOptions.ALL);
  }

  /// Removes everything: pairs, tables, the alarm. What is owed to others stays: messages that are
  /// not delivered, those that were carried out, and answers under an idempotency key.
  void deleteAll();

  /// Runs the body as one transaction: all of its writes, or none when it throws or calls
  /// [Transaction#rollback()]. Nests. No other event enters meanwhile; inside, waiting for anything
  /// but storage is refused with `wrong_state`.
  <T> T transaction(TransactionBody<T> body) throws Exception;

  /// The SQL database.
  SqlStorage sql();

  /// When the alarm is due; empty when there is none, and inside [DurableObject#alarm] unless it
  /// was set anew.
  Optional<Instant> alarm();

  /// Sets the alarm in place of an earlier one; a time in the past is due at once.
  ///
  /// @throws HoldfastException `invalid_argument` for a time at or before the epoch, or when the
  ///   class has no alarm()
  void setAlarm(Instant time);

  void deleteAlarm();

  /// Returns when all earlier writes are durable, also those of [StorageOption#ALLOW_UNCONFIRMED].
  void sync();

  /// This storage with other rules for the calls made through it: the key-value side and the alarm.
  /// Transactions, [#sql()] and [#sync()] are as here.
  Storage with(StorageOption... options);

  /// The name of what is stored now. Waits until all earlier writes are durable, as [#sync()]; not
  /// inside a [#transaction]. Bookmarks of one object sort as texts in the order of its commits,
  /// and two of the same state are equal. Commits made while an earlier one is on its way to the
  /// disk become durable as one: what was stored between them has no bookmark.
  String currentBookmark();

  /// The name of what was stored at a time: of the last commit up to it.
  ///
  /// @throws HoldfastException `invalid_argument` for a time in the future, or before the 30 days
  ///   (by default) for which history is kept
  String bookmarkForTime(Instant time);

  /// Asks that the object goes back to what a bookmark names when it comes into memory the next
  /// time: call [ObjectContext#abort] to have that at once. Pairs, tables and the alarm become what
  /// they were; an alarm whose time has passed rings at once. Nothing is lost: history only grows.
  ///
  /// Returns when all earlier writes and the request are durable; not inside a [#transaction]. A
  /// later request takes the place of an earlier one; [#deleteAll()] takes it back.
  ///
  /// @return a bookmark that undoes the restore: it names what will be stored right before it, also
  ///   what is written between now and then
  /// @throws HoldfastException `invalid_argument` when the bookmark is malformed, one of another
  ///   object, of the future, or older than the history that is kept
  String onNextSessionRestoreBookmark(String bookmark);

  /// A transaction in progress.
  interface Transaction {
    /// Undoes all writes of the transaction; its body goes on and may not write any more.
    void rollback();
  }

  /// What runs in a transaction.
  @FunctionalInterface
  interface TransactionBody<T> {
    T run(Transaction transaction) throws Exception;
  }
}
