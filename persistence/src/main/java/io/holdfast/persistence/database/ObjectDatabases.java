package io.holdfast.persistence.database;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The databases of a node's objects: engine, limits, how many are open at once. Thread-safe.
public final class ObjectDatabases {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectDatabases.class);
  private static final Executor BACKGROUND =
      task -> Thread.ofPlatform().name("holdfast-database-engine").daemon().start(task);

  /// The test of an engine takes some time that the start of a node need not wait for.
  private final CompletableFuture<SqliteEngine> engine;

  private final DatabaseLimits limits;
  private final OpenHandles handles;

  /// @param openMax see `holdfast.database.open-max`
  public ObjectDatabases(EngineChoice choice, DatabaseLimits limits, int openMax) {
    if (openMax < 1 || openMax > 10_000_000) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.database.open-max: expected 1 to 10000000, found " + openMax);
    }
    this.engine = chosen(choice);
    this.limits = limits;
    this.handles = new OpenHandles(openMax);
  }

  /// Reads `holdfast.database`.
  public static ObjectDatabases of(Config config) {
    try {
      return new ObjectDatabases(
          choice(config.getString("holdfast.database.engine")),
          DatabaseLimits.of(config),
          config.getInt("holdfast.database.open-max"));
    } catch (ConfigException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID, "holdfast.database: " + e.getMessage(), e);
    }
  }

  private static EngineChoice choice(String name) {
    try {
      return EngineChoice.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.database.engine: expected auto, ffm or jdbc, found " + name,
          e);
    }
  }

  private static CompletableFuture<SqliteEngine> chosen(EngineChoice choice) {
    return choice == EngineChoice.AUTO
        ? CompletableFuture.supplyAsync(() -> engine(choice, new FfmEngine()), BACKGROUND)
        : CompletableFuture.completedFuture(engine(choice, new FfmEngine()));
  }

  /// @param fast what [EngineChoice#FFM] stands for
  static SqliteEngine engine(EngineChoice choice, SqliteEngine fast) {
    return switch (choice) {
      case JDBC -> new JdbcEngine();
      case FFM -> EngineSelfTest.passed(fast);
      case AUTO -> fastIfItCan(fast);
    };
  }

  private static SqliteEngine fastIfItCan(SqliteEngine fast) {
    try {
      return EngineSelfTest.passed(fast);
    } catch (HoldfastException e) {
      LOG.warn(
          "databases run on the slower engine, jdbc, because ffm cannot be used here: {}",
          e.getMessage());
      return new JdbcEngine();
    }
  }

  /// The engine that is in use; waits until that is known.
  public EngineChoice engine() {
    return engine.join() instanceof FfmEngine ? EngineChoice.FFM : EngineChoice.JDBC;
  }

  public DatabaseLimits limits() {
    return limits;
  }

  /// A database over an image, whose handle opens at its first use.
  ///
  /// @param hibernator asked to call [ObjectDatabase#hibernate] when too many are open; it does
  ///   nothing while the database is in use. Called on any thread, must not block.
  public ObjectDatabase open(DatabaseImage image, Runnable hibernator) {
    return new SqliteObjectDatabase(image, limits, engine.join(), handles, hibernator);
  }

  /// A database that nobody asks to hibernate.
  public ObjectDatabase open(DatabaseImage image) {
    return open(image, () -> {});
  }

  /// How many handles are open.
  public int openCount() {
    return handles.count();
  }
}
