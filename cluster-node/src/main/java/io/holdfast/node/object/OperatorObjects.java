package io.holdfast.node.object;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.history.Bookmark;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StateDiff;
import io.holdfast.persistence.history.StoredCommit;
import io.holdfast.persistence.history.StoredObjects;
import io.holdfast.persistence.history.StoredState;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.Forked;
import io.holdfast.protocol.admin.ForkedAlarm;
import io.holdfast.protocol.admin.HistoryPage;
import io.holdfast.protocol.admin.MovedObject;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.ObjectDiff;
import io.holdfast.protocol.admin.ObjectPage;
import io.holdfast.protocol.admin.Restored;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// [ObjectAdmin] on this node's store and objects.
///
/// What only looks reads the store, beside the objects. What changes an object runs in its turn and
/// goes through its writer, like everything else it stores.
public final class OperatorObjects implements ObjectAdmin {
  /// Names stand in the databases; those of larger ones are not looked up for a list.
  private static final long NAMED_BYTES_MAX = 4 << 20;

  /// How far the bytes of an object are counted for a list.
  private static final long COUNTED_BYTES_MAX = 1 << 20;

  private final ShardedGateway gateway;
  private final ObjectServices services;
  private final ObjectHistory history;
  private final StoredObjects objects;

  public OperatorObjects(ShardedGateway gateway, ObjectServices services, StoredObjects objects) {
    this.gateway = gateway;
    this.services = services;
    this.history = services.history();
    this.objects = objects;
  }

  @Override
  public ObjectPage list(NamespaceId namespace, Optional<String> after, int max) {
    List<ObjectAddress> page = objects.page(namespace, after, max + 1);
    List<ObjectAddress> shown = page.subList(0, Math.min(max, page.size()));
    return new ObjectPage(
        shown.stream().map(this::entry).toList(),
        page.size() > max ? Optional.of(shown.getLast().id().hex()) : Optional.empty());
  }

  private ObjectPage.Entry entry(ObjectAddress object) {
    StoredObjects.Facts facts = objects.facts(object, COUNTED_BYTES_MAX);
    Optional<String> name =
        facts.databaseBytes() <= NAMED_BYTES_MAX ? name(object) : Optional.empty();
    return new ObjectPage.Entry(
        object.id().hex(),
        name,
        facts.databaseBytes(),
        facts.size().bytes(),
        facts.size().exact(),
        instant(facts.alarm()));
  }

  private Optional<String> name(ObjectAddress object) {
    try (ObjectDatabase database = services.openDatabase(history.now(object).image())) {
      return database
          .metadata(Incarnation.META_NAME)
          .map(name -> new String(name, StandardCharsets.UTF_8));
    }
  }

  @Override
  public HistoryPage history(ObjectAddress object, Optional<String> before, int max) {
    long beforeTxSeq =
        before.map(text -> own(object, Bookmark.parse(text)).txSeq()).orElse(Long.MAX_VALUE);
    List<StoredCommit> page = history.commits(object, beforeTxSeq, max + 1);
    List<HistoryPage.Entry> shown =
        page.stream().limit(max).map(commit -> entry(object, commit)).toList();
    return new HistoryPage(
        shown, page.size() > max ? Optional.of(shown.getLast().bookmark()) : Optional.empty());
  }

  private static Bookmark own(ObjectAddress object, Bookmark bookmark) {
    if (!bookmark.isOf(object)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a bookmark of object " + object + ", found one of another object, " + bookmark);
    }
    return bookmark;
  }

  private static HistoryPage.Entry entry(ObjectAddress object, StoredCommit commit) {
    HistoryPage.Kind kind =
        commit.isRestore()
            ? HistoryPage.Kind.RESTORE
            : commit.transactions() == 0 ? HistoryPage.Kind.CLAIM : HistoryPage.Kind.COMMIT;
    return new HistoryPage.Entry(
        ObjectHistory.bookmark(object, commit).toString(),
        Instant.ofEpochMilli(commit.wallMillis()),
        kind,
        commit.bytes(),
        commit.databaseBytes(),
        commit.transactions());
  }

  @Override
  public ObjectDiff diff(ObjectAddress object, String from, String to, int rowsMax) {
    Bookmark first = moment(object, from);
    Bookmark second = moment(object, to);
    StoredState before = history.state(object, first);
    StoredState after = history.state(object, second);
    ValueCodec codec = services.apps().app(object.namespace()).codec();
    try (ObjectDatabase old = services.openDatabase(before.image());
        ObjectDatabase now = services.openDatabase(after.image())) {
      StateDiff diff = new StateDiff(old, now, codec, rowsMax);
      List<ObjectDiff.TableDiff> tables = diff.tables();
      return new ObjectDiff(
          first.toString(),
          second.toString(),
          instant(before.alarm()),
          instant(after.alarm()),
          tables,
          diff.schema(),
          diff.rowsOmitted());
    }
  }

  @Override
  public Forked fork(
      ObjectAddress source, Optional<String> at, ObjectAddress target, ForkedAlarm alarm) {
    if (target.id().name().isEmpty()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a name of at most 1024 bytes for the new object, found an id or a longer name");
    }
    if (!Jurisdiction.of(target.id()).equals(Jurisdiction.of(source.id()))) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a new object under the jurisdiction of object %s, found %s"
              .formatted(source, target));
    }
    Bookmark moment =
        at.isPresent() ? moment(source, at.get()) : requireStored(source, history.latest(source));
    StoredState state = at.isPresent() ? history.state(source, moment) : history.now(source);
    if (state.image().isEmpty()) {
      throw nothingAt(source, moment);
    }
    StoredState first = services.changed(state, database -> adopt(database, target, alarm));
    Bookmark now =
        inTurnOf(
            target,
            incarnation -> {
              incarnation.begin(first);
              return incarnation.history().current();
            },
            ObjectEvent.Admin.Afterwards.RESET);
    return new Forked(target.id().hex(), moment.toString(), now.toString());
  }

  private static void adopt(ObjectDatabase database, ObjectAddress target, ForkedAlarm alarm) {
    byte[] name = target.id().name().orElseThrow().getBytes(StandardCharsets.UTF_8);
    database.metadata(Incarnation.META_NAME, name);
    ObjectBookmarks.drop(database);
    OwedRows.erase(database);
    if (alarm == ForkedAlarm.DROPPED) {
      database.alarm(Optional.empty());
    }
  }

  private static Bookmark requireStored(ObjectAddress object, Bookmark latest) {
    if (latest.txSeq() == 0) {
      throw nothingAt(object, latest);
    }
    return latest;
  }

  private static HoldfastException nothingAt(ObjectAddress object, Bookmark moment) {
    return new HoldfastException(
        ErrorCode.WRONG_STATE,
        "expected something stored in object " + object + " at " + moment + ", found nothing");
  }

  @Override
  public Restored restore(ObjectAddress object, String at) {
    Bookmark target = moment(object, at);
    history.check(object, target);
    String undo =
        inTurnOf(
            object,
            incarnation -> incarnation.history().onNextSessionRestoreBookmark(target + ""),
            ObjectEvent.Admin.Afterwards.RESET);
    String now = inTurnOf(object, OperatorObjects::afterRestore, ObjectEvent.Admin.Afterwards.STAY);
    return new Restored(target.toString(), undo, now);
  }

  private <T> T inTurnOf(
      ObjectAddress object,
      ObjectEvent.Admin.Action<T> action,
      ObjectEvent.Admin.Afterwards afterwards) {
    return Unchecked.call(gateway.admin(object, action, afterwards)::get);
  }

  @Override
  public MovedObject move(ObjectAddress object, String region) {
    return new MovedObject(Unchecked.call(gateway.move(object, region)::get).region());
  }

  private static String afterRestore(Incarnation incarnation) {
    ObjectBookmarks bookmarks = incarnation.history();
    String now = bookmarks.currentBookmark();
    if (bookmarks.isRestorePending()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected object "
              + incarnation.address()
              + " to have gone back, found that another restore was asked for meanwhile");
    }
    return now;
  }

  /// A bookmark, or the bookmark of a time.
  private Bookmark moment(ObjectAddress object, String text) {
    if (text.indexOf('T') < 0) {
      return Bookmark.parse(text);
    }
    try {
      return history.at(object, Instant.parse(text));
    } catch (DateTimeParseException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a bookmark, or a time such as 2026-11-24T10:00:00Z, found '"
              + (text.length() > 100 ? text.substring(0, 100) + "…" : text)
              + "'",
          e);
    }
  }

  private static Optional<Instant> instant(OptionalLong millis) {
    return millis.isPresent()
        ? Optional.of(Instant.ofEpochMilli(millis.getAsLong()))
        : Optional.empty();
  }
}
