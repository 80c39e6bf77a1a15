package io.holdfast.persistence.database;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Databases of either engine, for tests.
final class Engines {
  private Engines() {}

  /// Runs a test class once with each engine; its constructor takes an [EngineChoice].
  @ParameterizedClass
  @EnumSource(
      value = EngineChoice.class,
      names = {"JDBC", "FFM"})
  @Retention(RetentionPolicy.RUNTIME)
  @interface OnBoth {}

  static ObjectDatabase jdbc(DatabaseImage image) {
    return open(EngineChoice.JDBC, image, DatabaseLimits.DEFAULT);
  }

  static ObjectDatabase ffm(DatabaseImage image) {
    return open(EngineChoice.FFM, image, DatabaseLimits.DEFAULT);
  }

  static ObjectDatabase open(EngineChoice choice, DatabaseImage image, DatabaseLimits limits) {
    SqliteEngine engine =
        switch (choice) {
          case JDBC -> new JdbcEngine();
          case FFM -> new FfmEngine();
          case AUTO -> throw new IllegalArgumentException("a test says which engine it means");
        };
    return new SqliteObjectDatabase(
        image, limits, engine, new OpenHandles(Integer.MAX_VALUE), () -> {});
  }
}
