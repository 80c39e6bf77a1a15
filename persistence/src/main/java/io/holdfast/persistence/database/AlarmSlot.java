package io.holdfast.persistence.database;

import io.holdfast.persistence.database.StorageHost.Confirmation;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The alarm of an object, as the app sees it and as it is stored.
///
/// While an alarm runs it stays stored, hidden from the app, until the run has ended well; so a
/// crash at any moment leaves it or the one that was set in its place. "Set in its place" is read
/// from the generation in the database, not from a field, so that it also rolls back.
final class AlarmSlot {
  /// The last moment that a `Date` of JavaScript can tell, in the year 275760.
  private static final long TIME_MILLIS_MAX = 8_640_000_000_000_000L;

  private final StorageHost host;
  private @Nullable StoredAlarm running;

  AlarmSlot(StorageHost host) {
    this.host = host;
  }

  Optional<Instant> stored() {
    return host.database().alarm().map(AlarmSlot::time);
  }

  /// What the app sees: nothing while an alarm runs, unless it set one anew.
  Optional<Instant> visible() {
    return host.database().alarm().filter(alarm -> !alarm.equals(running)).map(AlarmSlot::time);
  }

  void set(Instant time, Confirmation confirmation) {
    if (!host.hasAlarmHandler()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "Your Durable Object class must have an alarm() handler in order to call setAlarm()");
    }
    long last = host.database().alarm().or(this::running).map(StoredAlarm::generation).orElse(0L);
    store(Optional.of(new StoredAlarm(millis(time), last + 1)), confirmation);
  }

  private void store(Optional<StoredAlarm> alarm, Confirmation confirmation) {
    StorageWrite.run(
        host,
        confirmation,
        database -> {
          database.alarm(alarm);
          return alarm;
        });
  }

  /// Removes the alarm; while one runs only one that was set anew, and then the running one is back
  /// in its place.
  void delete(Confirmation confirmation) {
    Optional<StoredAlarm> stored = host.database().alarm();
    if (stored.isPresent() && !stored.equals(running())) {
      store(running(), confirmation);
    }
  }

  private Optional<StoredAlarm> running() {
    return Optional.ofNullable(running);
  }

  /// Its generation.
  long beginRun(Instant scheduled) {
    Optional<StoredAlarm> stored = host.database().alarm();
    if (stored.isEmpty() || !time(stored.get()).equals(scheduled)) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected an alarm stored for "
              + scheduled
              + ", found "
              + stored.map(AlarmSlot::time).map(Instant::toString).orElse("none"));
    }
    running = stored.get();
    return stored.get().generation();
  }

  /// Removes the alarm of that generation; another one stays.
  void abandon(long generation) {
    if (host.database().alarm().filter(alarm -> alarm.generation() == generation).isPresent()) {
      store(Optional.empty(), Confirmation.AWAITED);
    }
  }

  void endRun(boolean done) {
    Optional<StoredAlarm> ended = running();
    running = null;
    if (ended.isPresent() && done && host.database().alarm().equals(ended)) {
      store(Optional.empty(), Confirmation.AWAITED);
    }
  }

  private static Instant time(StoredAlarm alarm) {
    return Instant.ofEpochMilli(alarm.timeMillis());
  }

  /// Rounded up: an alarm is never early.
  private static long millis(Instant time) {
    if (time.compareTo(Instant.EPOCH) <= 0) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "setAlarm() cannot be called with an alarm time <= 0");
    }
    if (time.compareTo(Instant.ofEpochMilli(TIME_MILLIS_MAX)) > 0) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected an alarm time up to "
              + Instant.ofEpochMilli(TIME_MILLIS_MAX)
              + ", found "
              + time);
    }
    return time.plusNanos(999_999).toEpochMilli();
  }
}
