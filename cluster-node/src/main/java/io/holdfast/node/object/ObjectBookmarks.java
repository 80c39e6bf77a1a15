package io.holdfast.node.object;

import io.holdfast.node.files.KeptFiles;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.StorageHistory;
import io.holdfast.persistence.history.Bookmark;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StoredState;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A restore is two commits. The first, of the running session, stores the request: the bookmark, as metadata of the object.
 * The second is the first of the next session, before anything of it sees the storage: it replaces the whole state by the
 * one the bookmark names, in one group of events. That state has no request, so a crash before the group is complete leaves
 * the request to the session after, and one behind it leaves nothing to do: exactly once.
 *
 * What a session writes between the request and its end is in the state right before the restore. That state's number is
 * not known when the undo bookmark has to be returned, so the undo bookmark names the commit of the request; and going back
 * to a state that has a request in it means: to the state right before the restore that came of it, without the request.
 */

/// The bookmarks of one incarnation, and the restore that an earlier one asked for.
///
/// Turn, but for what the actor tells.
final class ObjectBookmarks implements StorageHistory {
  private static final Logger log = LoggerFactory.getLogger(ObjectBookmarks.class);
  private static final String RESTORE = "restore";
  private static final byte[] NO_REQUEST = {};

  private final Incarnation incarnation;
  private final ObjectAddress address;
  private final ObjectServices services;

  /* Of the last durable commit. The actor writes it before it opens the gate for what waits for that commit. */
  private volatile long txSeq;
  private volatile long sessionEpoch;
  private volatile boolean written;
  private @Nullable Bookmark sessionStart;

  ObjectBookmarks(Incarnation incarnation, ObjectAddress address, ObjectServices services) {
    this.incarnation = incarnation;
    this.address = address;
    this.services = services;
  }

  // ---- for the actor

  void recovered(ObjectWriter.Recovered recovered) {
    txSeq = recovered.txSeq();
    sessionEpoch = recovered.epoch();
  }

  /// One more merged commit is durable.
  void persisted() {
    txSeq++;
    written = true;
  }

  // ---- for code of the object

  @Override
  public String currentBookmark() {
    return current().toString();
  }

  /// While the turn is held nothing is committed beside, so the last durable commit is the state.
  Bookmark current() {
    var _ = incarnation.database();
    incarnation.awaitDurable();
    return written ? Bookmark.of(address, txSeq, sessionEpoch) : sessionStart();
  }

  /// The journal knows who wrote the last commit of an earlier session.
  private Bookmark sessionStart() {
    Bookmark known = sessionStart;
    if (known == null) {
      known = services.history().latest(address);
      sessionStart = known;
    }
    return known;
  }

  @Override
  public String bookmarkForTime(Instant time) {
    var _ = current();
    return services.history().at(address, time).toString();
  }

  @Override
  public String onNextSessionRestoreBookmark(String bookmark) {
    Bookmark target = Bookmark.parse(bookmark);
    var _ = current();
    services.history().check(address, target);
    incarnation.database().metadata(RESTORE, bookmark.getBytes(StandardCharsets.US_ASCII));
    return currentBookmark();
  }

  /// Whether nothing was ever stored.
  boolean isNew() {
    return current().txSeq() == 0;
  }

  /// Whether a restore was asked for that waits for the next session.
  boolean isRestorePending() {
    return request(incarnation.database()).isPresent();
  }

  // ---- at the first use of storage in a session

  /// The database after the restore that an earlier session asked for; the same one when none did.
  ObjectDatabase restored(ObjectDatabase open) {
    Optional<Bookmark> request = request(open);
    if (request.isEmpty()) {
      return open;
    }
    Optional<StoredState> target = target(open, request.get());
    return target.isEmpty() ? open : replaced(open, withOwedRows(target.get(), open));
  }

  private StoredState withOwedRows(StoredState earlier, ObjectDatabase now) {
    return services.changed(earlier, database -> OwedRows.keep(now, database));
  }

  /// Puts a state in the place of the current one; returns when that is durable.
  ObjectDatabase replaced(ObjectDatabase open, StoredState state) {
    StoredState kept = withoutWhatIsOver(state);
    incarnation.replaceDurably(kept);
    open.close();
    return services.openDatabase(kept.image(), incarnation::hibernate);
  }

  /**
   * The files of its container that the state names stay from now on; when they are gone it names
   * none. How a container ended at that time does not matter any more.
   */
  private StoredState withoutWhatIsOver(StoredState state) {
    boolean filesAreGone;
    try (ObjectDatabase database = services.openDatabase(state.image())) {
      Optional<KeptFiles> files = ObjectFiles.stored(database);
      filesAreGone = files.isPresent() && !services.containers().keepAgain(address, files.get());
      if (!filesAreGone && ObjectExit.stored(database).isEmpty() && !ObjectRun.isStored(database)) {
        return state;
      }
    }
    if (filesAreGone) {
      log.warn("{}: the files of its container at that time are not kept any more", address);
    }
    return services.changed(
        state,
        database -> {
          ObjectExit.forget(database);
          ObjectRun.forget(database);
          if (filesAreGone) {
            ObjectFiles.forget(database);
          }
        });
  }

  /// What can never succeed must not keep the object from starting: the request is dropped.
  private Optional<StoredState> target(ObjectDatabase open, Bookmark bookmark) {
    try {
      log.info("{} goes back to {}", address, bookmark);
      return Optional.of(restorable(bookmark));
    } catch (HoldfastException e) {
      if (e.code() != ErrorCode.INVALID_ARGUMENT && e.code() != ErrorCode.STORAGE_CORRUPT) {
        throw e;
      }
      log.error("{}: the restore to {} is given up, the object goes on", address, bookmark, e);
      open.metadata(RESTORE, NO_REQUEST);
      return Optional.empty();
    }
  }

  private StoredState restorable(Bookmark bookmark) {
    ObjectHistory history = services.history();
    StoredState state = history.state(address, bookmark);
    if (!isPendingIn(state.image())) {
      return state;
    }
    StoredState before = history.stateBeforeRestore(address, bookmark);
    return isPendingIn(before.image()) ? services.changed(before, ObjectBookmarks::drop) : before;
  }

  private boolean isPendingIn(DatabaseImage image) {
    try (ObjectDatabase database = services.openDatabase(image)) {
      return request(database).isPresent();
    }
  }

  /// Takes a request for a restore out of a database.
  static void drop(ObjectDatabase database) {
    if (request(database).isPresent()) {
      database.metadata(RESTORE, NO_REQUEST);
    }
  }

  private static Optional<Bookmark> request(ObjectDatabase database) {
    return database
        .metadata(RESTORE)
        .filter(bytes -> bytes.length > 0)
        .map(bytes -> Bookmark.parse(new String(bytes, StandardCharsets.US_ASCII)));
  }
}
