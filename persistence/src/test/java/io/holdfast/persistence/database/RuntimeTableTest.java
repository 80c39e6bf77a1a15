package io.holdfast.persistence.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ListOptions;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The rows of the runtime: hidden, transactional, and there after deleteAll.
@Engines.OnBoth
final class RuntimeTableTest {
  private final EngineChoice engine;
  private ObjectDatabase database;

  RuntimeTableTest(EngineChoice engine) {
    this.engine = engine;
    this.database = open(DatabaseImage.EMPTY);
  }

  private ObjectDatabase open(DatabaseImage image) {
    return Engines.open(engine, image, DatabaseLimits.DEFAULT);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void reopen() {
    DatabaseImage image = database.image();
    database.close();
    database = open(image);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private long number(String query) {
    return (Long) database.execute(SqlScript.parse(query)).one().value(0);
  }

  @ParameterizedTest
  @EnumSource
  void rowsAreCommittedAndComeBackInOrder(RuntimeTable table) {
    assertThat(database.row(table, "a")).isEmpty();
    assertThat(database.rows(table, KeyRange.of(ListOptions.ALL))).isEmpty();
    database.deleteRow(table, "a");
    assertThat(database.hasUncommitted()).isFalse();
    database.putRow(table, "b", bytes("2"));
    database.putRow(table, "a", bytes("1"));
    database.putRow(table, "c", bytes(""));
    database.commit();
    reopen();
    assertThat(database.rows(table, KeyRange.of(ListOptions.ALL)).sequencedKeySet())
        .containsExactly("a", "b", "c");
    assertThat(database.row(table, "a").orElseThrow()).isEqualTo(bytes("1"));
    assertThat(database.row(table, "c").orElseThrow()).isEmpty();
    assertThat(database.get("a")).as("a pair of the app").isEmpty();
    database.deleteRow(table, "a");
    assertThat(database.row(table, "a")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theAppCannotReachThem(RuntimeTable table) {
    database.putRow(table, "a", bytes("1"));
    assertThatThrownBy(() -> number("SELECT count(*) FROM " + table.tableName()))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("not authorized");
  }

  @Test
  void rowsAndWakeRollBackWithASavepoint() {
    database.putRow(RuntimeTable.OUTBOX, "a", bytes("1"));
    database.wake(Wake.MESSAGES, OptionalLong.of(500));
    ObjectDatabase.Savepoint savepoint = database.savepoint();
    database.putRow(RuntimeTable.OUTBOX, "b", bytes("2"));
    database.wake(Wake.MESSAGES, OptionalLong.of(100));
    assertThat(database.wake(Wake.MESSAGES)).hasValue(100);
    database.rollbackTo(savepoint);
    database.release(savepoint);
    assertThat(database.row(RuntimeTable.OUTBOX, "b")).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(500);
    assertThat(database.commit().orElseThrow().alarm()).hasValue(500);
  }

  @Test
  void whatIsDueIsTheEarlierOfAlarmAndWake() {
    database.alarm(Optional.of(new StoredAlarm(1_000, 1)));
    assertThat(database.commit().orElseThrow().alarm()).hasValue(1_000);
    database.wake(Wake.MESSAGES, OptionalLong.of(700));
    assertThat(database.commit().orElseThrow().alarm()).hasValue(700);
    assertThat(database.alarm()).contains(new StoredAlarm(1_000, 1));
    reopen();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(700);
    database.wake(Wake.MESSAGES, OptionalLong.of(1_700));
    assertThat(database.commit().orElseThrow().alarm()).hasValue(1_000);
    database.alarm(Optional.empty());
    assertThat(database.commit().orElseThrow().alarm()).hasValue(1_700);
    database.wake(Wake.MESSAGES, OptionalLong.empty());
    assertThat(database.commit().orElseThrow().alarm()).isEmpty();
  }

  @Test
  void schedulesHaveAWakeOfTheirOwnAndGoWithDeleteAll() {
    database.put("pair", bytes("1"));
    database.putRow(RuntimeTable.SCHEDULES, "at/1", bytes("call"));
    database.wake(Wake.SCHEDULES, OptionalLong.of(300));
    database.wake(Wake.MESSAGES, OptionalLong.of(900));
    assertThat(database.commit().orElseThrow().alarm()).hasValue(300);
    database.deleteAll();
    assertThat(database.commit().orElseThrow().alarm()).hasValue(900);
    reopen();
    assertThat(database.wake(Wake.SCHEDULES)).isEmpty();
    assertThat(database.row(RuntimeTable.SCHEDULES, "at/1")).isEmpty();
    assertThat(database.wake(Wake.MESSAGES)).hasValue(900);
  }

  @Test
  void deleteAllLeavesThemAndTheWakeAndTheStamps() {
    database.stamp("name", bytes("anna"));
    database.put("pair", bytes("1"));
    database.alarm(Optional.of(new StoredAlarm(400, 1)));
    database.putRow(RuntimeTable.INBOX, "sender", bytes("7"));
    database.wake(Wake.MESSAGES, OptionalLong.of(900));
    database.putRow(RuntimeTable.IDEMPOTENCY, "gone", bytes("1"));
    database.deleteRow(RuntimeTable.IDEMPOTENCY, "gone");
    database.deleteAll();
    assertThat(database.commit().orElseThrow().alarm()).hasValue(900);
    reopen();
    assertThat(database.get("pair")).isEmpty();
    assertThat(database.alarm()).isEmpty();
    assertThat(database.row(RuntimeTable.INBOX, "sender").orElseThrow()).isEqualTo(bytes("7"));
    assertThat(database.wake(Wake.MESSAGES)).hasValue(900);
    assertThat(database.metadata("name").orElseThrow()).isEqualTo(bytes("anna"));
  }

  @Test
  void anObjectWhoseRowsAreAllGoneIsEmptyAfterDeleteAll() {
    database.put("pair", bytes("1"));
    database.putRow(RuntimeTable.INBOX, "sender", bytes("7"));
    database.wake(Wake.MESSAGES, OptionalLong.of(900));
    database.commit();
    database.deleteRow(RuntimeTable.INBOX, "sender");
    database.wake(Wake.MESSAGES, OptionalLong.empty());
    database.deleteAll();
    assertThat(database.commit().orElseThrow().after()).isEqualTo(DatabaseImage.EMPTY);
  }
}
