package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ObjectDatabasesTest {
  private static final SqliteEngine WRONG_IMAGES =
      (image, limits) -> {
        SqliteHandle handle = new JdbcEngine().open(image, limits);
        handle.run("PRAGMA application_id=7");
        return handle;
      };

  private static final SqliteEngine ABSENT =
      (image, limits) -> {
        throw new UnsatisfiedLinkError("no such library");
      };

  private static ObjectDatabases configured(String lines) {
    return ObjectDatabases.of(
        ConfigFactory.parseString(lines).withFallback(ConfigFactory.load("reference")));
  }

  @Test
  void takesTheFastEngineUnlessToldOtherwise() {
    assertThat(configured("").engine()).isEqualTo(EngineChoice.FFM);
    assertThat(configured("holdfast.database.engine = jdbc").engine()).isEqualTo(EngineChoice.JDBC);
    assertThat(configured("holdfast.database.engine = FFM").engine()).isEqualTo(EngineChoice.FFM);
  }

  @Test
  void fallsBackWhenTheFastEngineMakesOtherImagesOrIsAbsent() {
    for (SqliteEngine broken : List.of(WRONG_IMAGES, ABSENT)) {
      assertThat(ObjectDatabases.engine(EngineChoice.AUTO, broken)).isEqualTo(new JdbcEngine());
      assertThatThrownBy(() -> ObjectDatabases.engine(EngineChoice.FFM, broken))
          .isInstanceOf(HoldfastException.class);
    }
  }

  @Test
  void namesTheKeyThatIsWrong() {
    for (String key : List.of("engine = fast", "open-max = 0")) {
      assertThatThrownBy(() -> configured("holdfast.database." + key))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
          .hasMessageContaining("holdfast.database." + key.split(" ")[0]);
    }
  }

  @Test
  void closesWhatWasNotUsedLatelyWhenTooManyAreOpen() {
    ObjectDatabases databases = new ObjectDatabases(EngineChoice.JDBC, DatabaseLimits.DEFAULT, 3);
    List<ObjectDatabase> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      add(databases, all).get(i).put("n", new byte[] {(byte) i});
      all.get(i).commit();
      all.get(0).get("n");
    }
    assertThat(databases.openCount()).isEqualTo(3);
    assertThat(all.get(0).isOpen()).as("used all the time").isTrue();
    assertThat(all.get(5).isOpen()).as("the newest").isTrue();
    for (int i = 0; i < 6; i++) {
      assertThat(all.get(i).get("n").orElseThrow()).containsExactly(i);
    }
    assertThat(databases.openCount()).isEqualTo(3);
    all.forEach(ObjectDatabase::close);
    assertThat(databases.openCount()).isZero();
  }

  @Test
  void aDatabaseInUseIsNotClosedAlsoWhenThereAreTooMany() {
    ObjectDatabases databases = new ObjectDatabases(EngineChoice.JDBC, DatabaseLimits.DEFAULT, 1);
    List<ObjectDatabase> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      add(databases, all).get(i).put("n", new byte[] {(byte) i});
    }
    assertThat(databases.openCount()).isEqualTo(3);
    all.forEach(ObjectDatabase::commit);
    add(databases, all).getLast().put("n", new byte[1]);
    assertThat(databases.openCount()).isEqualTo(1);
    all.forEach(ObjectDatabase::close);
  }

  /// Hibernates as the node does: not while there is something uncommitted.
  private static List<ObjectDatabase> add(ObjectDatabases databases, List<ObjectDatabase> all) {
    int index = all.size();
    all.add(
        databases.open(
            DatabaseImage.EMPTY,
            () -> {
              if (!all.get(index).hasUncommitted()) {
                all.get(index).hibernate();
              }
            }));
    return all;
  }
}
