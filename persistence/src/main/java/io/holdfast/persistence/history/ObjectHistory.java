package io.holdfast.persistence.history;

import io.holdfast.persistence.history.StoredHistory.Base;
import io.holdfast.persistence.history.StoredHistory.NotKept;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

/// What objects were in the past.
///
/// All methods block on the disk: call them on a virtual thread. What was written a moment before
/// and is durable is seen. Thread-safe.
public final class ObjectHistory {
  private final StoredRows rows;
  private final HistoryConfig config;
  private final InstantSource clock;

  public ObjectHistory(StoredRows rows, HistoryConfig config, InstantSource clock) {
    this.rows = rows;
    this.config = config;
    this.clock = clock;
  }

  /// The newest commits of an object before one, newest first.
  ///
  /// @param beforeTxSeq only commits with smaller numbers
  public List<StoredCommit> commits(ObjectAddress object, long beforeTxSeq, int max) {
    return read(object, history -> commits(history, beforeTxSeq, max));
  }

  private static List<StoredCommit> commits(StoredHistory history, long beforeTxSeq, int max) {
    List<StoredCommit> page = new ArrayList<>();
    long before = beforeTxSeq;
    while (page.size() < max && before > 1) {
      long end = before;
      Base base = history.baseUpTo(before - 2);
      List<StoredCommit> found;
      try {
        found = history.commitsAfter(base, commit -> commit.txSeq() < end);
      } catch (NotKept _) {
        return page;
      }
      page.addAll(found.reversed().subList(0, Math.min(found.size(), max - page.size())));
      before = Math.min(before - 1, base.txSeq() + 1);
    }
    return page;
  }

  /// The bookmark of what an object is now, as far as it is durable.
  public Bookmark latest(ObjectAddress object) {
    return bookmark(object, read(object, StoredHistory::latest));
  }

  /// The bookmark of what an object was at a time.
  ///
  /// @throws HoldfastException `invalid_argument` when the time lies in the future or is older than
  ///   the retention
  public Bookmark at(ObjectAddress object, Instant time) {
    requireOn();
    Instant now = clock.instant();
    if (time.isAfter(now)) {
      throw refused(object, "a time up to now, " + now, time + ", which is in the future");
    }
    Instant oldest = now.minus(config.retention());
    if (time.isBefore(oldest)) {
      throw refused(object, "a time since " + oldest + ", the history that is kept", time + "");
    }
    try {
      return bookmark(object, read(object, history -> at(history, time.toEpochMilli())));
    } catch (NotKept _) {
      throw notKept(object, time.toString());
    }
  }

  private static StoredCommit at(StoredHistory history, long millis) {
    Base base = history.baseUpToTime(millis);
    List<StoredCommit> commits =
        history.commitsAfter(base, commit -> commit.wallMillis() <= millis);
    return commits.isEmpty() ? history.commit(base.txSeq()) : commits.getLast();
  }

  /// The state that a bookmark names.
  ///
  /// @throws HoldfastException `invalid_argument` when it is one of another object, of the future,
  ///   or older than what is kept
  public StoredState state(ObjectAddress object, Bookmark bookmark) {
    check(object, bookmark);
    try {
      return read(object, history -> history.state(bookmark.txSeq()));
    } catch (NotKept _) {
      throw notKept(object, bookmark.toString());
    }
  }

  /// What an object is now, as far as it is durable. Also where no history is kept.
  public StoredState now(ObjectAddress object) {
    return read(object, history -> history.state(history.latest().txSeq()));
  }

  /// Checks that a bookmark names a state of the object that is kept.
  ///
  /// @throws HoldfastException `invalid_argument` as [#state]
  public void check(ObjectAddress object, Bookmark bookmark) {
    requireOn();
    if (!bookmark.isOf(object)) {
      throw refused(object, "one of its own bookmarks", "one of another object, " + bookmark);
    }
    StoredCommit latest = read(object, StoredHistory::latest);
    if (bookmark.txSeq() > latest.txSeq()) {
      throw refused(
          object,
          "a bookmark up to its newest, " + bookmark(object, latest),
          "one of the future, " + bookmark);
    }
    try {
      checkEpoch(object, bookmark, read(object, history -> history.commit(bookmark.txSeq())));
    } catch (NotKept _) {
      throw notKept(object, bookmark.toString());
    }
  }

  private static void checkEpoch(ObjectAddress object, Bookmark bookmark, StoredCommit commit) {
    // Of a snapshot's last commit only the latest possible writer is known.
    boolean fits =
        commit.isOfSnapshot()
            ? Integer.compareUnsigned(bookmark.epoch(), (int) commit.epoch()) <= 0
            : bookmark.epoch() == (int) commit.epoch();
    if (!fits) {
      throw refused(
          object, "the bookmark " + bookmark(object, commit), bookmark + ", which it never had");
    }
  }

  /// The state right before the first restore after a bookmark; what is newest when there is none.
  ///
  /// @throws HoldfastException `invalid_argument` as [#state]
  public StoredState stateBeforeRestore(ObjectAddress object, Bookmark bookmark) {
    check(object, bookmark);
    try {
      return read(object, history -> history.state(lastBeforeRestore(history, bookmark.txSeq())));
    } catch (NotKept _) {
      throw notKept(object, bookmark.toString());
    }
  }

  private static long lastBeforeRestore(StoredHistory history, long txSeq) {
    Base base = history.baseUpTo(txSeq);
    List<StoredCommit> commits =
        history.commitsAfter(base, commit -> commit.txSeq() <= txSeq || !commit.isRestore());
    return commits.isEmpty() ? txSeq : Math.max(txSeq, commits.getLast().txSeq());
  }

  /// Whether anything was ever stored of an object.
  public boolean exists(ObjectAddress object) {
    return read(object, StoredHistory::latest).txSeq() > 0;
  }

  /// The bookmark of a commit.
  public static Bookmark bookmark(ObjectAddress object, StoredCommit commit) {
    return Bookmark.of(object, commit.txSeq(), commit.epoch());
  }

  private interface HistoryRead<T> {
    T from(StoredHistory history);
  }

  /// What was deleted while it was read is read again, once: from a younger snapshot.
  private <T> T read(ObjectAddress object, HistoryRead<T> read) {
    try {
      return readOnce(object, read);
    } catch (NotKept _) {
      return readOnce(object, read);
    }
  }

  private <T> T readOnce(ObjectAddress object, HistoryRead<T> read) {
    try {
      return rows.read(
              ObjectWriter.persistenceId(object).id(),
              view -> read.from(new StoredHistory(object.key(), view)))
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void requireOn() {
    if (!config.isOn()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a node that keeps history, found holdfast.persistence.history.retention = 0");
    }
  }

  private HoldfastException notKept(ObjectAddress object, String found) {
    StoredCommit oldest = read(object, history -> history.of(history.oldest()));
    return refused(
        object,
        "something from "
            + bookmark(object, oldest)
            + " on, of "
            + Instant.ofEpochMilli(oldest.wallMillis())
            + ", with which its history begins",
        found);
  }

  private static HoldfastException refused(ObjectAddress object, String expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "history of object " + object + ": expected " + expected + ", found " + found);
  }
}
