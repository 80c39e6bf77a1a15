package io.holdfast.node.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseLimits;
import io.holdfast.persistence.database.EngineChoice;
import io.holdfast.persistence.database.KeyRange;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ListOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyBooksTest {
  private static final ObjectDatabases DATABASES =
      new ObjectDatabases(EngineChoice.AUTO, DatabaseLimits.DEFAULT, 1_000);

  private static final Fingerprint PRINT = new Fingerprint(new byte[Fingerprint.BYTES]);

  private long nowMillis = 1_700_000_000_000L;
  private final ObjectDatabase database = DATABASES.open(DatabaseImage.EMPTY);
  private final KeyBooks books =
      new KeyBooks(
          new IdempotencySettings(
              Duration.ofSeconds(10), 20, 1_000, 1_000, 10, Duration.ofSeconds(1)),
          () -> Instant.ofEpochMilli(nowMillis));

  @AfterEach
  void close() {
    database.close();
  }

  private void put(String key, int result) {
    StoredAnswer answer = new StoredAnswer.Result(new byte[] {(byte) result});
    put(new IdempotencyKey(key), Optional.of(answer));
  }

  private void put(IdempotencyKey key, Optional<StoredAnswer> answer) {
    books.put(database, key, nowMillis, new KeyRecord(PRINT, nowMillis, answer).toBytes());
  }

  private Optional<KeyRecord> find(String key) {
    return books.find(database, new IdempotencyKey(key));
  }

  private int rows() {
    return database.rows(RuntimeTable.IDEMPOTENCY, KeyRange.of(ListOptions.ALL)).size();
  }

  @Test
  void aKeyIsKnownUntilItsTimeIsOver() {
    assertThat(find("a")).isEmpty();
    put("a", 1);
    nowMillis += 9_999;
    assertThat(find("a")).isPresent();
    nowMillis += 1;
    assertThat(find("a")).isEmpty();
    put("a", 2);
    assertThat(((StoredAnswer.Result) find("a").orElseThrow().answer().orElseThrow()).bytes())
        .containsExactly(2);
    assertThat(books.count(database)).isEqualTo(1);
    assertThat(rows()).isEqualTo(3);
  }

  @Test
  void beginningAndEndingAreOneKey() {
    IdempotencyKey key = new IdempotencyKey("a");
    put(key, Optional.empty());
    assertThat(find("a").orElseThrow().answer()).isEmpty();
    put("a", 1);
    assertThat(find("a").orElseThrow().answer()).isPresent();
    assertThat(books.count(database)).isEqualTo(1);
    assertThat(rows()).isEqualTo(3);
  }

  @Test
  void refusesMoreKeysThanTheLimitUntilSomeAreTooOld() {
    for (int i = 0; i < 20; i++) {
      books.makeRoom(database);
      put("k" + i, 1);
      nowMillis += 100;
    }
    assertThatThrownBy(() -> books.makeRoom(database))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_OVERLOADED));
    nowMillis += 8_000;
    books.makeRoom(database);
    assertThat(books.count(database)).isLessThan(20);
    assertThat(find("k19")).isPresent();
  }

  @Test
  void oldKeysGoAsNewOnesCome() {
    for (int i = 0; i < 20; i++) {
      put("old" + i, 1);
    }
    nowMillis += 10_000;
    for (int i = 0; i < 6; i++) {
      books.makeRoom(database);
      put("new" + i, 1);
    }
    assertThat(books.count(database)).isEqualTo(6);
    assertThat(rows()).isEqualTo(13);
  }

  @ParameterizedTest
  @ValueSource(longs = {61, 62, 63})
  void theCountIsThatOfTheRows(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      try {
        books.makeRoom(database);
        put("k" + random.nextInt(30), 1);
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_OVERLOADED);
      }
      nowMillis += random.nextInt(1_500);
      assertThat(rows() / 2).as("seed %d, step %d", seed, i).isEqualTo(books.count(database));
    }
  }
}
